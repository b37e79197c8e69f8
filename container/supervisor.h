/* SPDX-License-Identifier: MIT */
/*
 * The container's main thread while components run: it starts them, buries
 * those that ended, starts again what the manifest says, asks all of them to
 * stop when the image is asked to, and knows the image's exit status.
 */
#ifndef CONTAINER_SUPERVISOR_H
#define CONTAINER_SUPERVISOR_H

struct component;
struct words;

/*
 * Start every component of the image and return when the last one is gone, with
 * the exit status of the image: the decider's, or the first that is not 0 in the
 * order of the manifest, each of its last incarnation. Where the container
 * cannot do its work, that is EX_OSERR. words[i] are component i's.
 */
int supervisor_run(const struct words *words);

/* Have the supervisor look at its components. On any thread, and in signal handlers. */
void supervisor_wake(void);

/* It will not be started again, and its peers are to know. On the supervisor's thread. */
void component_gone(struct component *c);

#endif
