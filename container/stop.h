/* SPDX-License-Identifier: MIT */
/*
 * The image is asked to stop: SIGTERM and SIGINT (on Xen, xl shutdown), or the
 * end of the component that decides. Components are told, then signalled again
 * and again in case they wait in a system call, and ended when the grace is over
 * or the request comes once more.
 */
#ifndef CONTAINER_STOP_H
#define CONTAINER_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* Catch the signals. 0 or a negative errno. */
int stop_init(void);

/* The rest is the supervisor's, on its thread. */

/* Do what is due. Returns when to look again (ns), UINT64_MAX: not before the next wake-up. */
uint64_t stop_look(void);

/* Whether the components have been asked to stop. */
bool stop_has_begun(void);

#endif
