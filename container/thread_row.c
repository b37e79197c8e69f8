/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table of threads, from one thread to the next: see thread.h and thread_row.h.
 */
#define _GNU_SOURCE /* pthread_tryjoin_np */

#include <errno.h>

#include "container/image.h"
#include "container/leave.h"
#include "container/life.h"
#include "container/thread_row.h"
#include "container/thread_stack.h"

/* A row whose stacks are there already, or else one of which none are kept, or else any. */
static unsigned row_worth(unsigned number, const struct component *c, size_t stack_bytes)
{
	const struct thread *t = thread_row(number);

	if (thread_state(t) != THREAD_FREE)
		return 0;
	if (thread_stacks_fit(number, c, stack_bytes))
		return 3;
	return thread_stacks_are_kept(number, NULL) ? 1 : 2;
}

/* The best of the rows that are nobody's own, the lowest of the equally good; THREAD_ANY: none. */
static unsigned row_choose(const struct component *c, size_t stack_bytes)
{
	unsigned best = THREAD_ANY, most = 0;

	for (unsigned n = image.component_count + 1; n < LAYOUT_THREADS_MAX; n++) {
		unsigned worth = row_worth(n, c, stack_bytes);

		if (worth > most) {
			most = worth;
			best = n;
		}
	}
	return best;
}

/* A row of which stacks are kept, for the component or, NULL, for anyone; claimed. */
static struct thread *row_kept(const struct component *c)
{
	struct thread *found = NULL;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX && !found; n++)
		if (thread_state(thread_row(n)) == THREAD_FREE && thread_stacks_are_kept(n, c))
			found = thread_row(n);
	if (found) {
		found->component = NULL; /* it is not one of that component's threads */
		atomic_store(&found->state, THREAD_JOINED);
	}
	threads_unlock();
	return found;
}

void threads_stacks_drop(const struct component *c)
{
	struct thread *t;

	thread_hold();
	while ((t = row_kept(c))) {
		thread_stacks_drop(t->number);
		atomic_store_explicit(&t->state, THREAD_FREE, memory_order_release);
	}
	thread_release();
}

/* What is kept for others is given up where there is no memory else. */
static int stacks_back(const struct thread *t)
{
	if (!thread_stacks_back(t))
		return 0;
	threads_stacks_drop(NULL);
	return thread_stacks_back(t);
}

/* The table's lock is not held: creating allocates. */
static int row_start(struct thread *t, pthread_t *id)
{
	int err = stacks_back(t) ? EAGAIN : 0;

	if (!err) {
		err = thread_create(t, id);
		if (err)
			thread_stacks_keep(t);
	}
	if (!err) {
		atomic_store_explicit(&t->id, *id, memory_order_relaxed);
		thread_state_set(t, THREAD_LIVE);
		return 0;
	}
	thread_state_set(t, THREAD_FREE);
	return err;
}

bool thread_is_lost(const struct thread *t)
{
	return component_heap_is_damaged(t->component);
}

/* The table's lock is not held: joining waits. */
static bool row_join(struct thread *t, bool patient, void **result)
{
	void *returned = NULL;
	int err;

	if (thread_is_lost(t))
		return false;
	err = patient ? pthread_join(t->id, &returned) : pthread_tryjoin_np(t->id, &returned);
	if (!err)
		thread_stacks_keep(t);
	if (!err && result)
		*result = returned;
	return !err;
}

static bool row_claim(struct thread *t)
{
	uint32_t ended = THREAD_ENDED;

	return atomic_compare_exchange_strong_explicit(&t->state, &ended, THREAD_JOINED,
						       memory_order_acquire, memory_order_relaxed);
}

bool thread_reap(struct thread *t, bool patient, void **result)
{
	bool done;

	thread_hold();
	done = row_claim(t);
	if (done) {
		done = row_join(t, patient, result);
		atomic_store_explicit(&t->state, done ? THREAD_FREE : THREAD_ENDED,
				      memory_order_release);
	}
	thread_release();
	return done;
}

/* The component's first thread from *number on that has ended; *number is then behind it. */
static struct thread *ended_next(const struct component *c, bool only_detached, unsigned *number)
{
	struct thread *found = NULL;

	threads_lock();
	for (; !found && *number < LAYOUT_THREADS_MAX; ++*number) {
		struct thread *t = thread_row(*number);

		if (thread_belongs(t, c) && thread_state(t) == THREAD_ENDED &&
		    (t->is_detached || !only_detached))
			found = t;
	}
	threads_unlock();
	return found;
}

void threads_reap(const struct component *c, bool only_detached)
{
	unsigned number = 1;
	struct thread *t;

	while ((t = ended_next(c, only_detached, &number)))
		thread_reap(t, false, NULL);
}

static struct thread *row_take(struct component *c, unsigned number, size_t stack_bytes,
			       bool is_detached, void *(*start)(void *), void *argument)
{
	struct thread *t = NULL;

	threads_lock();
	if (number == THREAD_ANY && !component_is_ending(c))
		number = row_choose(c, stack_bytes);
	if (number != THREAD_ANY) {
		t = thread_row(number);
		*t = (struct thread){
			.state = THREAD_STARTING,
			.is_detached = is_detached,
			.number = number,
			.component = c,
			.stack_bytes = stack_bytes,
			.start = start,
			.argument = argument,
		};
	}
	threads_unlock();
	return t;
}

int thread_start(struct component *c, unsigned number, size_t stack_bytes, bool is_detached,
		 void *(*start)(void *), void *argument, pthread_t *id)
{
	struct thread *t;
	int err = EAGAIN;

	thread_hold();
	/*
	 * A detached thread has nobody who waits for it: it is buried when its component
	 * needs a grave, and by no other, in whose hands the C library would then leave
	 * memory of this one's heap.
	 */
	if (start)
		threads_reap(c, true);
	t = row_take(c, number, stack_bytes, is_detached, start, argument);
	if (t)
		err = row_start(t, id);
	thread_release();
	return err;
}
