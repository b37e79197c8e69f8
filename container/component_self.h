/* SPDX-License-Identifier: MIT */
/*
 * Who is calling: what the container and ipc/ ask about a thread's component.
 */
#ifndef CONTAINER_COMPONENT_SELF_H
#define CONTAINER_COMPONENT_SELF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define COMPONENT_NONE UINT_MAX

/* Index of the calling thread's component in image.components, or COMPONENT_NONE. */
unsigned component_index(void);

/*
 * Whether the component, which has just ended, will be started again, as far as
 * the manifest's policy and what became of it say.
 */
bool component_will_return(unsigned index);

/*
 * The calling thread is about to wait: give back what its component has freed, if
 * that was not done within the last second. Returns when to call again if it
 * still waits by then (CLOCK_MONOTONIC, ns); UINT64_MAX: there is no need to.
 */
uint64_t component_rest(void);

#endif
