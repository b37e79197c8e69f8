/* SPDX-License-Identifier: MIT */
/*
 * The one thread that the container makes for each component: its stack, its
 * core, its heap, its life from runtime->run to the end of its channels.
 */
#ifndef CONTAINER_THREAD_H
#define CONTAINER_THREAD_H

struct image_component;
struct words;

/*
 * Start the component on its own thread. spec and words stay the caller's and
 * outlive the thread. Returns 0 or a negative errno. On main's thread only, as
 * is thread_join.
 */
int thread_start(unsigned index, const struct image_component *spec, const struct words *words);

/* Wait for the component's end and return its exit status. Once for each start. */
int thread_join(unsigned index);

#endif
