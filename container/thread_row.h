/* SPDX-License-Identifier: MIT */
/*
 * A row of the table of threads, for the files that thread.h is made of:
 *
 *   thread.c        the table: its lock, looking for rows, all threads of a component
 *   thread_row.c    a row: taken, started, reaped
 *   thread_main.c   what runs on the thread itself, from its first instruction on
 */
#ifndef CONTAINER_THREAD_ROW_H
#define CONTAINER_THREAD_ROW_H

#include "container/thread.h"

/* Another thread's state: acquire, so that what it wrote before its end is there. */
static inline enum thread_state thread_state(const struct thread *t)
{
	return atomic_load_explicit(&t->state, memory_order_acquire);
}

/* Tell who sleeps on it, too. */
void thread_state_set(struct thread *t, enum thread_state state);

/* Sleep while *word is what was seen, at most until then (CLOCK_MONOTONIC; NULL: no end). */
long thread_futex(const _Atomic uint32_t *word, uint32_t seen, const struct timespec *until);

/* Of the component's threads, but for its main thread. */
static inline bool thread_belongs(const struct thread *t, const struct component *c)
{
	return thread_state(t) != THREAD_FREE && t->component == c && !thread_is_main(t);
}

/*
 * A thread that did not end in peace is still on lists of the allocator and of
 * the C library, with memory of its stack. Its row is lost, and so are those of
 * the others on a heap that cannot be trusted.
 */
bool thread_is_lost(const struct thread *t);

/* Have the C library start the row's thread, on the row's stack. 0 or a positive error. */
int thread_create(struct thread *t, pthread_t *id);

/* 0 where the system has no such clock. */
uint64_t thread_cpu_ns(pthread_t id);

/* Those of the component's threads that have ended, without waiting. */
void threads_reap(const struct component *c, bool only_detached);

/* Unmap the stacks that are kept for the component or, NULL, for anyone. */
void threads_stacks_drop(const struct component *c);

#endif
