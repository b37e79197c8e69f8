/* SPDX-License-Identifier: MIT */
/*
 * Threads that a component makes: what a runtime offers to its language.
 *
 * They run on the component's core and draw on its heap; each has a stack slot
 * of the map, of which an image has LAYOUT_THREADS_MAX. They end with the
 * component. Return values are those of the pthread_ functions of the same name.
 */
#ifndef CONTAINER_COMPONENT_THREAD_H
#define CONTAINER_COMPONENT_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/*
 * stack_bytes is rounded up to whole pages; 0 is as much as the component's main
 * thread has. 0, EINVAL (more than LAYOUT_STACK_MAX) or EAGAIN.
 */
int component_thread_create(pthread_t *id, size_t stack_bytes, bool is_detached,
			    void *(*start)(void *argument), void *argument);

/*
 * Wait for the thread's end, at most to the deadline (CLOCK_MONOTONIC; NULL: as
 * long as it takes). 0, ESRCH, EINVAL, EDEADLK or ETIMEDOUT.
 */
int component_thread_join(pthread_t id, void **result, const struct timespec *deadline);
int component_thread_detach(pthread_t id);

/* Whether that is a thread of the calling component; its main thread. Safe in signal handlers. */
bool component_thread_is_own(pthread_t id);
bool component_thread_is_main(pthread_t id);

/* On the main thread: the component ends when the last of its other threads does. */
_Noreturn void component_thread_exit(void *result);

/*
 * Between these the calling thread cannot be ended, only fail: a runtime's own
 * tables are in its hands. They nest.
 */
void component_hold(void);
void component_release(void);

/* Keys of thread-local data; the component's end deletes those that it left. */
int component_key_create(pthread_key_t *key, void (*destructor)(void *));
int component_key_delete(pthread_key_t key);

#endif
