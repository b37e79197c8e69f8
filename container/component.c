/* SPDX-License-Identifier: MIT */
/*
 * What a component asks of its container, on any of its threads.
 */
#include "container/component.h"
#include "container/component_self.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "container/heap.h"
#include "container/image.h"
#include "container/leave.h"
#include "container/life.h"
#include "container/stats.h"
#include "container/thread.h"
#include "ipc/monotonic.h"

const char *component_name(void)
{
	const struct component *c = component_self();

	return c ? c->spec->name : "container";
}

unsigned component_index(void)
{
	const struct component *c = component_self();

	return c ? c->index : COMPONENT_NONE;
}

uint64_t component_rest(void)
{
	struct component *c = component_self();
	uint64_t now, due;

	if (!c)
		return UINT64_MAX;
	now = monotonic_now();
	due = atomic_load_explicit(&c->rested, memory_order_relaxed) + MONOTONIC_SECOND;
	if (now < due)
		return due;
	/* Another thread that comes to the same does it once more, which does no harm. */
	atomic_store_explicit(&c->rested, now, memory_order_relaxed);
	thread_hold(); /* what it locks is to be unlocked */
	heap_trim(c->index);
	thread_release();
	return UINT64_MAX;
}

bool component_stopping(void)
{
	const struct component *c = component_self();

	return c && atomic_load_explicit(&c->is_stopping, memory_order_relaxed);
}

void component_stats(struct component_stats *out)
{
	struct component *c = component_self();

	heap_stats(component_index(), out);
	if (!c)
		return;
	out->restarts = c->restarts;
	out->cpu_ns = atomic_load_explicit(&c->cpu_ns, memory_order_relaxed) + threads_cpu_ns(c);
	stats_update(c, out);
}

/* malloc may be interrupted for good; what it returned is then the heap's, which ends too. */
int component_at_exit(void (*handler)(void *arg), void *arg)
{
	struct component *c = component_self();
	struct exit_handler *h;

	if (!c) {
		errno = EPERM;
		return -1;
	}
	h = malloc(sizeof(*h));
	if (!h)
		return -1;
	threads_lock();
	*h = (struct exit_handler){.call = handler, .argument = arg, .next = c->handlers};
	c->handlers = h;
	threads_unlock();
	return 0;
}

static _Noreturn void thread_end(enum component_verdict verdict, int status)
{
	struct thread *t = thread_self();

	if (!t) {
		fprintf(stderr, "component_exit: called on a thread of no component\n");
		abort();
	}
	component_speak(t->component, verdict, status & 0xff); /* as wait(2) reports it */
	if (!t->is_inside)
		thread_exit_raw(t); /* a destructor of thread-local data, behind the base */
	leave_now(t);
}

_Noreturn void component_exit(int status)
{
	thread_end(COMPONENT_EXIT, status);
}

_Noreturn void component_exit_now(int status)
{
	thread_end(COMPONENT_EXIT_NOW, status);
}
