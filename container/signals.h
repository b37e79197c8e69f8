/* SPDX-License-Identifier: MIT */
/*
 * The signals that the container keeps for itself. They are Linux's on both
 * targets; a component neither catches nor blocks them.
 */
#ifndef CONTAINER_SIGNALS_H
#define CONTAINER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#define SIGNAL_LEAVE (SIGRTMIN + 1) /* to a thread: leave (leave.h) */
#define SIGNAL_STOP (SIGRTMIN + 2)  /* to a component's main thread: it is asked to stop */

typedef void signal_handler(int signal, siginfo_t *info, void *context);

/* Handlers block nothing, not even their own signal. 0 or a negative errno. */
int signal_catch(int signal, signal_handler *handler, int flags);

/* Whether the signal is the container's: the two above, those of faults, SIGTERM and SIGINT. */
bool signal_is_kept(int signal);

#endif
