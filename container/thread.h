/* SPDX-License-Identifier: MIT */
/*
 * The threads of all components: one table, one row a thread.
 *
 * A row gives its thread a number, and by it a stack in STACKS and a stack for
 * reports in REPORTS. Number 0 is the container's main thread and has no row of
 * its own here; component i's main thread is number i + 1; what components
 * create takes the lowest number that is left. Every thread is joinable for the
 * C library, and joined by the container, so a pthread_t in the table is valid.
 *
 *   state    the row's thread            goes on
 *   FREE     there is none               thread_start                -> STARTING
 *   STARTING is made, has no id yet      its maker writes the id     -> LIVE
 *   LIVE     runs, or will               its last words              -> ENDED
 *   ENDED    is ending for the C library thread_reap claims it       -> JOINED
 *   JOINED   is joined                   its memory is given back    -> FREE
 */
#ifndef CONTAINER_THREAD_H
#define CONTAINER_THREAD_H

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "layout/layout.h"

#define THREAD_ANY 0 /* thread_start chooses the number */

struct component;

enum thread_state {
	THREAD_FREE,
	THREAD_STARTING,
	THREAD_LIVE,
	THREAD_ENDED,
	THREAD_JOINED,
};

#define THREAD_JUMP_BYTES 4096

/* Where a thread comes back to when it leaves: a variable of the function that is its base. */
struct thread_base {
	sigjmp_buf jump;
	volatile sig_atomic_t is_left; /* it came back by the jump */
	/* What jumps there stands here: see leave_now. */
	char stack[THREAD_JUMP_BYTES] __attribute__((aligned(16)));
};

struct thread {
	_Atomic uint32_t state; /* of enum thread_state; a futex: joiners sleep on LIVE */
	_Atomic pthread_t id;   /* from LIVE on */

	/* Under the lock of the table. */
	bool is_detached;
	bool is_joined; /* somebody waits for its end, and nobody else may */

	/* Constant while there is a thread. */
	unsigned number;
	struct component *component;
	size_t stack_bytes;
	void *(*start)(void *argument);
	void *argument;

	/* Its own, in and out of signal handlers: see leave.h and trace.h. */
	struct thread_base *base;
	sigjmp_buf escape;
	volatile sig_atomic_t is_inside;
	volatile sig_atomic_t may_escape;
	volatile sig_atomic_t holds;
	volatile sig_atomic_t locks; /* holds that a failure would not survive: the container's */

	atomic_bool leaves; /* it is asked to; anyone sets it */
	/*
	 * The signal is under way, or its handler runs: no other one is sent, or on
	 * a busy machine so many would wait that their handlers, each within the one
	 * before, overflow the report stack.
	 */
	atomic_bool leave_is_sent;
};

/* The calling thread's row; NULL on a thread of no component. Safe in signal handlers. */
struct thread *thread_self(void);

/* The row of a number from 1 to LAYOUT_THREADS_MAX - 1. */
struct thread *thread_row(unsigned number);

static inline bool thread_is_main(const struct thread *t)
{
	return t->start == NULL;
}

/*
 * Start a thread of the component. Where `start` is NULL it is the component's
 * main thread, which runs component_life. Returns 0 or a positive error of
 * pthread_create: EAGAIN where no number is free or the component is ending.
 */
int thread_start(struct component *c, unsigned number, size_t stack_bytes, bool is_detached,
		 void *(*start)(void *), void *argument, pthread_t *id);

/*
 * Wait until `t` has ended, at most to the deadline (CLOCK_MONOTONIC; NULL:
 * none). Returns 0 or ETIMEDOUT. Never under the lock. The caller may be made
 * to leave meanwhile.
 */
int thread_wait(struct thread *t, const struct timespec *deadline);

/*
 * Join a thread that has ended and give its number and its memory back. Returns
 * false where somebody else did, or where the C library is not yet done with it.
 * With `patient`, wait for that.
 * What the thread returned goes to *result, if that is not NULL.
 */
bool thread_reap(struct thread *t, bool patient, void **result);

/* The row of a component's thread by its id; NULL where there is none. Under the lock. */
struct thread *thread_find(const struct component *c, pthread_t id);

/* Take and give back the table, holding (leave.h) meanwhile. */
void threads_lock(void);
void threads_unlock(void);

/* Live threads of the component besides its main thread. */
unsigned threads_count(const struct component *c);

/*
 * Make all threads of the component but its main thread leave, and reap them.
 * Returns false where one was still there after `seconds`.
 */
bool threads_end(struct component *c, unsigned seconds);

/* CPU time of the component's threads that have not ended, in nanoseconds. */
uint64_t threads_cpu_ns(const struct component *c);

/* The calling thread ends here and now, without a word to the C library or the allocator. */
_Noreturn void thread_exit_raw(struct thread *t);

#endif
