/* SPDX-License-Identifier: MIT */
/*
 * POSIX and C11 threads of one component: it keeps what a pthread_ function does
 * for a program, and the container knows of every thread.
 *
 * A stack of the caller's own is refused: a thread's stack is a slot of the map,
 * with its guard. Signals that are the container's cannot be blocked or caught.
 */
#define _GNU_SOURCE /* pthread_tryjoin_np and its like */

#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

#include "container/component_thread.h"

#define SECOND_NS 1000000000L

/* What the C library gives a thread whose attributes name no size. */
static size_t stack_bytes_default(void)
{
	pthread_attr_t attr;
	size_t bytes = 0;

	if (!pthread_attr_init(&attr)) {
		pthread_attr_getstacksize(&attr, &bytes);
		pthread_attr_destroy(&attr);
	}
	return bytes;
}

/* Without an address, the C library answers with the end of the stack at 0. */
static bool attr_has_stack(const pthread_attr_t *attr)
{
	void *base = NULL;
	size_t bytes = 0;

	return !pthread_attr_getstack(attr, &base, &bytes) && (uintptr_t)base + bytes;
}

int runtime_c_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*start)(void *),
			     void *argument)
{
	int detached = PTHREAD_CREATE_JOINABLE;
	size_t bytes = 0;

	if (attr && attr_has_stack(attr))
		return EINVAL;
	if (attr) {
		pthread_attr_getdetachstate(attr, &detached);
		pthread_attr_getstacksize(attr, &bytes);
		if (bytes == stack_bytes_default())
			bytes = 0;
	}
	return component_thread_create(id, bytes, detached == PTHREAD_CREATE_DETACHED, start,
				       argument);
}

int runtime_c_pthread_join(pthread_t id, void **result)
{
	return component_thread_join(id, result, NULL);
}

int runtime_c_pthread_tryjoin_np(pthread_t id, void **result)
{
	struct timespec past = {0};
	int err = component_thread_join(id, result, &past);

	return err == ETIMEDOUT ? EBUSY : err;
}

/* As an absolute CLOCK_MONOTONIC time: at the moment of the call. */
static struct timespec deadline_convert(clockid_t clock, const struct timespec *at)
{
	struct timespec there, here, until = *at;

	if (clock == CLOCK_MONOTONIC)
		return until;
	clock_gettime(clock, &there);
	clock_gettime(CLOCK_MONOTONIC, &here);
	until.tv_sec += here.tv_sec - there.tv_sec;
	until.tv_nsec += here.tv_nsec - there.tv_nsec;
	if (until.tv_nsec < 0) {
		until.tv_nsec += SECOND_NS;
		until.tv_sec--;
	} else if (until.tv_nsec >= SECOND_NS) {
		until.tv_nsec -= SECOND_NS;
		until.tv_sec++;
	}
	if (until.tv_sec < 0)
		until = (struct timespec){0};
	return until;
}

int runtime_c_pthread_clockjoin_np(pthread_t id, void **result, clockid_t clock,
				   const struct timespec *at)
{
	struct timespec until;

	if (!at)
		return component_thread_join(id, result, NULL);
	if (at->tv_nsec < 0 || at->tv_nsec >= SECOND_NS ||
	    (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME))
		return EINVAL;
	until = deadline_convert(clock, at);
	return component_thread_join(id, result, &until);
}

int runtime_c_pthread_timedjoin_np(pthread_t id, void **result, const struct timespec *at)
{
	return runtime_c_pthread_clockjoin_np(id, result, CLOCK_REALTIME, at);
}

int runtime_c_pthread_detach(pthread_t id)
{
	return component_thread_detach(id);
}

_Noreturn void runtime_c_pthread_exit(void *result)
{
	component_thread_exit(result);
}

/*
 * The main thread's last steps are the container's, so it cannot be cancelled;
 * EPERM. It may leave by pthread_exit.
 */
int runtime_c_pthread_cancel(pthread_t id)
{
	if (!component_thread_is_own(id))
		return ESRCH;
	return component_thread_is_main(id) ? EPERM : pthread_cancel(id);
}

/* Who waits for a lock that its owner took along is not to be in the C library meanwhile. */
int runtime_c_pthread_spin_lock(pthread_spinlock_t *lock)
{
	while (pthread_spin_trylock(lock))
		sched_yield();
	return 0;
}

int runtime_c_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	return component_key_create(key, destructor);
}

int runtime_c_pthread_key_delete(pthread_key_t key)
{
	return component_key_delete(key);
}

struct c11_thread {
	thrd_start_t start;
	void *argument;
};

static void *c11_main(void *argument)
{
	struct c11_thread started = *(struct c11_thread *)argument;

	free(argument);
	return (void *)(intptr_t)started.start(started.argument);
}

static int c11_error(int err)
{
	switch (err) {
	case 0:
		return thrd_success;
	case ENOMEM:
		return thrd_nomem;
	case ETIMEDOUT:
		return thrd_timedout;
	case EBUSY:
		return thrd_busy;
	default:
		return thrd_error;
	}
}

int runtime_c_thrd_create(thrd_t *id, thrd_start_t start, void *argument)
{
	struct c11_thread *started = malloc(sizeof(*started));
	int err;

	if (!started)
		return thrd_nomem;
	*started = (struct c11_thread){start, argument};
	err = component_thread_create(id, 0, false, c11_main, started);
	if (err)
		free(started);
	return c11_error(err);
}

int runtime_c_thrd_join(thrd_t id, int *result)
{
	void *returned;
	int err = component_thread_join(id, &returned, NULL);

	if (!err && result)
		*result = (int)(intptr_t)returned;
	return c11_error(err);
}

int runtime_c_thrd_detach(thrd_t id)
{
	return c11_error(component_thread_detach(id));
}

_Noreturn void runtime_c_thrd_exit(int result)
{
	component_thread_exit((void *)(intptr_t)result);
}
