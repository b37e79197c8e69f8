/* SPDX-License-Identifier: MIT */
/*
 * Bells: what a thread sleeps on that waits for many flags of bell.h at once.
 *
 * A bell has a bit for each of its members, in words of which a summary says
 * which are not 0. Telling a member sets its bit, then the word's, then wakes the
 * bell's owner if that sleeps. All three are full barriers, so the owner, which
 * sets BELL_PARKED and then looks at the summary again, misses nothing.
 *
 * Bells lie in the container's own memory and are never freed: a peer may be
 * about to tell one whose component has ended. A number that names no member any
 * more makes its owner look once in vain.
 */
#ifndef IPC_BELL_SET_H
#define IPC_BELL_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/bell.h"

#define BELL_SETS 64
#define BELL_MEMBERS_ORDER 12
#define BELL_MEMBERS (1U << BELL_MEMBERS_ORDER)

struct bell_set {
	uint32_t flag __attribute__((aligned(128))); /* BELL_PARKED: the owner sleeps */
	uint32_t stopping;                           /* the owner's component is asked to stop */
	uint64_t serial;    /* of its present owner, or 0: free; written under channel_lock */
	unsigned component; /* the owner's; under channel_lock */
	uint64_t summary;
	uint64_t told[BELL_MEMBERS / 64];
};

/* A free bell for this component, silent, or NULL. Holds channel_lock. */
struct bell_set *bell_set_take(unsigned component);

/* Give it back, if it still is that owner's. Holds channel_lock. */
void bell_set_give(struct bell_set *b, uint64_t serial);

/* What a flag's upper bits are to say for this member, below BELL_MEMBERS. Never 0. */
uint32_t bell_whom(const struct bell_set *b, unsigned member);

/* Tell that member. Any thread, any number. */
void bell_tell(uint32_t whom);

/* The same in the place of a teller that was ended anywhere: wake whatever the bell's flag says. */
void bell_tell_again(uint32_t whom);

/* The component has ended, is about to stop, begins again. */
void bell_sets_end(unsigned component);
void bell_sets_stop(unsigned component);
void bell_sets_begin(unsigned component);

#endif
