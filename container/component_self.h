/* SPDX-License-Identifier: MIT */
/*
 * Who is calling: what the container and ipc/ ask about a thread's component.
 *
 * Only the one thread that the container makes for a component belongs to it;
 * threads that the component makes belong to none.
 */
#ifndef CONTAINER_COMPONENT_SELF_H
#define CONTAINER_COMPONENT_SELF_H

#include <limits.h>

#define COMPONENT_NONE UINT_MAX

struct image_component;

/* Index of the calling thread's component in image.components, or COMPONENT_NONE. */
unsigned component_index(void);

/*
 * Run the component on the calling thread, which belongs to it from now on.
 * Returns the exit status that its main returned or component_exit was given.
 */
int component_run(unsigned index, const struct image_component *spec, int argc, char **argv,
		  char **envp);

/*
 * Run the exit handlers of the component that ran on this thread. The thread
 * belongs to none afterwards. Returns the exit status, which a handler may have
 * changed by component_exit.
 */
int component_end(void);

#endif
