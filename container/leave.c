/* SPDX-License-Identifier: MIT */
/*
 * Leaving: see leave.h.
 */
#include "container/leave.h"

#include <errno.h>
#include <string.h>

#include "container/signals.h"
#include "container/streams.h"
#include "container/trace.h"

/* After so many times, code of the C library that takes no end is thought to be harmless. */
#define DEFERRALS_MAX 1000

_Noreturn void leave_now(struct thread *t)
{
	thread_outside(t);
	t->holds = 0;
	atomic_store_explicit(&t->leaves, false, memory_order_relaxed);
	atomic_store_explicit(&t->leave_is_sent, false, memory_order_relaxed);
	streams_unlock();
	siglongjmp(t->base, 1);
}

void thread_outside(struct thread *t)
{
	t->is_inside = false;
	t->deferrals = 0;
}

static bool leave_is_wanted(const struct thread *t)
{
	return t->is_inside && !t->holds && atomic_load_explicit(&t->leaves, memory_order_relaxed);
}

void thread_enter(struct thread *t)
{
	t->is_inside = true;
	if (leave_is_wanted(t))
		leave_now(t);
}

void thread_hold(void)
{
	struct thread *t = thread_self();

	if (t)
		t->holds++;
}

void thread_release(void)
{
	struct thread *t = thread_self();

	if (!t)
		return;
	t->holds--;
	if (leave_is_wanted(t))
		leave_now(t);
}

static bool leave_is_safe(struct thread *t, ucontext_t *context)
{
	if (trace_in_library(context) && !trace_in_call(context) && t->deferrals < DEFERRALS_MAX)
		return false;
	return !trace_in_allocator(t, context);
}

/* The request as the signal handler sees it; returns when the thread may not leave yet. */
static void leave_consider(struct thread *t, ucontext_t *context)
{
	if (!leave_is_wanted(t) || t->may_escape)
		return;
	if (leave_is_safe(t, context))
		leave_now(t);
	t->deferrals++;
}

static void leave_handler(int signal, siginfo_t *info, void *context)
{
	struct thread *t = thread_self();
	int kept = errno;

	(void)signal;
	(void)info;
	if (!t)
		return;
	leave_consider(t, context);
	atomic_store_explicit(&t->leave_is_sent, false, memory_order_relaxed);
	errno = kept;
}

void leave_ask(struct thread *t)
{
	atomic_store_explicit(&t->leaves, true, memory_order_relaxed);
	if (!atomic_exchange_explicit(&t->leave_is_sent, true, memory_order_relaxed))
		pthread_kill(t->id, SIGNAL_LEAVE);
}

int leave_init(void)
{
	return signal_catch(SIGNAL_LEAVE, leave_handler, SA_ONSTACK);
}
