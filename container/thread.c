/* SPDX-License-Identifier: MIT */
/*
 * The table of threads: see thread.h.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container/leave.h"
#include "container/life.h"
#include "container/thread_row.h"
#include "ipc/monotonic.h"

static struct thread threads[LAYOUT_THREADS_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

struct thread *thread_row(unsigned number)
{
	return &threads[number];
}

void threads_lock(void)
{
	struct thread *t = thread_self();

	thread_hold();
	if (t)
		t->locks++;
	pthread_mutex_lock(&table_lock);
}

void threads_unlock(void)
{
	struct thread *t = thread_self();

	pthread_mutex_unlock(&table_lock);
	if (t)
		t->locks--;
	thread_release();
}

void thread_state_set(struct thread *t, enum thread_state state)
{
	/* Release: pairs with thread_state. */
	atomic_store_explicit(&t->state, state, memory_order_release);
	syscall(SYS_futex, &t->state, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

long thread_futex(const _Atomic uint32_t *word, uint32_t seen, const struct timespec *until)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, until, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

int thread_wait(struct thread *t, const struct timespec *deadline)
{
	while (thread_state(t) == THREAD_LIVE)
		if (thread_futex(&t->state, THREAD_LIVE, deadline) && errno == ETIMEDOUT)
			return ETIMEDOUT;
	return 0;
}

struct thread *thread_find(const struct component *c, pthread_t id)
{
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++) {
		struct thread *t = &threads[n];

		if (thread_state(t) != THREAD_FREE && t->component == c && pthread_equal(t->id, id))
			return t;
	}
	return NULL;
}

/* Ask what lives to leave. Returns how many there are, with those still to be reaped. */
static unsigned others_ask(const struct component *c)
{
	unsigned count = 0;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++) {
		struct thread *t = &threads[n];

		if (!thread_belongs(t, c))
			continue;
		if (thread_state(t) == THREAD_LIVE)
			leave_ask(t);
		else if (thread_is_lost(t))
			continue;
		count++;
	}
	threads_unlock();
	return count;
}

bool threads_end(struct component *c, unsigned seconds)
{
	uint64_t end = monotonic_now() + seconds * MONOTONIC_SECOND;

	for (;;) {
		uint64_t now = monotonic_now();
		struct timespec again = monotonic_timespec(now + LEAVE_AGAIN_NS);
		uint32_t seen = atomic_load_explicit(&c->ends, memory_order_acquire);

		if (!others_ask(c)) {
			threads_stacks_drop(c);
			return true;
		}
		if (now >= end)
			return false;
		thread_futex(&c->ends, seen, &again);
		threads_reap(c, false); /* whoever was to join these leaves too */
	}
}

unsigned threads_count(const struct component *c)
{
	unsigned count = 0;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++)
		count += thread_belongs(&threads[n], c) && thread_state(&threads[n]) == THREAD_LIVE;
	threads_unlock();
	return count;
}

uint64_t threads_cpu_ns(const struct component *c)
{
	uint64_t ns = 0;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++)
		if (thread_state(&threads[n]) == THREAD_LIVE && threads[n].component == c)
			ns += thread_cpu_ns(threads[n].id);
	threads_unlock();
	return ns;
}
