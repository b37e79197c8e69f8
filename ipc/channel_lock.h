/* SPDX-License-Identifier: MIT */
/*
 * The lock over what becomes of channels when a component ends and returns.
 *
 * Nobody can be ended between channel_lock and channel_unlock: all signals but
 * those of a fault are held back. So whoever finds the lock free finds what it
 * guards whole; a fault is the end of the image. Never taken where messages pass.
 */
#ifndef IPC_CHANNEL_LOCK_H
#define IPC_CHANNEL_LOCK_H

#include <signal.h>
#include <stdbool.h>

/* Wait for the lock; *kept is for channel_unlock. Not recursive. */
void channel_lock(sigset_t *kept);
void channel_unlock(const sigset_t *kept);

/* Whether the calling thread has it or waits for it; in handlers of signals, too. */
bool channel_lock_is_mine(void);

#endif
