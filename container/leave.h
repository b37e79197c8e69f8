/* SPDX-License-Identifier: MIT */
/*
 * How a thread of a component is made to leave what it does.
 *
 * It jumps, by siglongjmp, to the base of its own stack, and ends there as any
 * thread does: what it has of the C library and of the allocator goes back.
 * What it was in the middle of stays half done, so it may leave only
 *
 *   - inside: between thread_enter and thread_outside, where its component's
 *     code runs and a base is set,
 *   - not while it holds: between thread_hold and thread_release the container's
 *     own tables are in its hands,
 *   - not in the allocator, and not in the C library unless it waits there in a
 *     system call: it may own one of their locks. It leaves when they return.
 *
 * A thread that may not leave yet leaves when it releases, or is asked again.
 */
#ifndef CONTAINER_LEAVE_H
#define CONTAINER_LEAVE_H

#include "container/thread.h"

/* How often, in nanoseconds, whoever waits for a thread to leave asks it again. */
#define LEAVE_AGAIN_NS 1000000L

/* Seconds after which a thread that does not leave is taken to be stuck for good. */
#define LEAVE_SECONDS 5

/* Before any component starts. 0 or a negative errno. */
int leave_init(void);

/* Ask. Under the lock of the table, or where `t` is known not to be reaped. */
void leave_ask(struct thread *t);

/* The calling thread leaves now, whatever it does. */
_Noreturn void leave_now(struct thread *t);

/* The calling thread's base is set: it may leave from now on, and does if it was asked to. */
void thread_enter(struct thread *t);
void thread_outside(struct thread *t);

/* These nest. They mean nothing on a thread of no component. */
void thread_hold(void);
void thread_release(void);

#endif
