/* SPDX-License-Identifier: MIT */
/*
 * The stacks of threads: one in STACKS and one in REPORTS, by the thread's number.
 *
 * Mapping and unmapping them costs more than all else of a thread's start and end,
 * on many cores above all. So a few of those whose threads have ended stay mapped,
 * as they are, for the next threads of the same component; no other component ever
 * finds them. What is kept of a number belongs to whoever has the number's row (see
 * thread.h); of a row that is FREE, to whoever has the table's lock.
 */
#ifndef CONTAINER_THREAD_STACK_H
#define CONTAINER_THREAD_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct component;
struct thread;

/* First byte of the thread's stack. What is below it in its slot is its guard. */
uint64_t thread_stack_base(const struct thread *t);

/* Have the calling thread's signals served on its report stack; no longer. */
void thread_report_use(const struct thread *t);
void thread_report_leave(void);

/* Whether stacks of this number, for that component and of that size, are kept. */
bool thread_stacks_fit(unsigned number, const struct component *c, size_t stack_bytes);

/* Whether any are kept of this number, for that component; NULL: for anyone. */
bool thread_stacks_are_kept(unsigned number, const struct component *c);

/* Map the stacks of a thread that is to start. 0 or a negative errno. */
int thread_stacks_back(const struct thread *t);

/* Its thread is gone, or never was: unmap its stacks, or keep them. */
void thread_stacks_keep(const struct thread *t);
void thread_stacks_drop(unsigned number);

#endif
