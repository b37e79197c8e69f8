/* SPDX-License-Identifier: MIT */
/*
 * A component's life: see the tables of life.h.
 */
#include "container/life.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "container/component_self.h"
#include "container/heap.h"
#include "container/image.h"
#include "container/leave.h"
#include "container/pristine.h"
#include "container/report.h"
#include "container/runtime.h"
#include "container/streams.h"
#include "container/supervisor.h"
#include "container/words.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"

static struct component components[LAYOUT_COMPONENTS_MAX];

struct component *component_at(unsigned index)
{
	return &components[index];
}

unsigned component_main(const struct component *c)
{
	return c->index + 1;
}

struct component *component_self(void)
{
	struct thread *t = thread_self();

	return t ? t->component : NULL;
}

static bool component_has_failed(const struct component *c)
{
	return component_verdict(c) == COMPONENT_FAILED || component_verdict(c) == COMPONENT_KILLED;
}

bool component_is_ending(const struct component *c)
{
	/* Exit handlers may still need helpers. */
	return component_has_failed(c) || c->step > STEP_HANDLERS;
}

bool component_is_to_leave(const struct component *c)
{
	if (component_verdict(c) == COMPONENT_OPEN)
		return false;
	return c->step <= STEP_LINGER || (c->step == STEP_HANDLERS && component_has_failed(c));
}

static bool verdict_overrules(enum component_verdict new, enum component_verdict old)
{
	switch (old) {
	case COMPONENT_OPEN:
		return true;
	case COMPONENT_EXIT:
	case COMPONENT_EXIT_NOW:
		return new == COMPONENT_FAILED || new == COMPONENT_KILLED ||
		       (new == old &&thread_is_main(thread_self()));
	default:
		return false;
	}
}

void component_speak(struct component *c, enum component_verdict verdict, int status)
{
	uint32_t said = atomic_load(&c->verdict), running = COMPONENT_RUNNING;

	do {
		if (!verdict_overrules(verdict, said & 0xff))
			return;
	} while (
		!atomic_compare_exchange_weak(&c->verdict, &said, (uint32_t)status << 8 | verdict));
	atomic_compare_exchange_strong(&c->state, &running, COMPONENT_ENDING);
	if (thread_self() == thread_row(component_main(c)))
		return;
	leave_ask(thread_row(component_main(c)));
	supervisor_wake(); /* asks again if need be */
}

void component_thread_ended(struct component *c, bool is_main)
{
	atomic_fetch_add(&c->ends, 1);
	syscall(SYS_futex, &c->ends, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
	if (!is_main)
		return;
	atomic_store(&c->state, COMPONENT_ENDED);
	supervisor_wake();
}

void component_cpu_add(struct component *c, uint64_t ns)
{
	atomic_fetch_add_explicit(&c->cpu_ns, ns, memory_order_relaxed);
}

void component_heap_damaged(struct component *c)
{
	atomic_store(&c->heap_damaged, true);
}

bool component_heap_is_damaged(const struct component *c)
{
	return atomic_load(&c->heap_damaged);
}

_Noreturn void component_stuck(const struct component *c)
{
	report_line("component %s: a thread of it does not end within %d s; the image ends",
		    c->spec->name, LEAVE_SECONDS);
	_exit(EX_SOFTWARE);
}

static void constructors_call(const struct component *c)
{
	const struct image_data *data = &c->spec->data;
	const struct words *w = &c->own;

	for (void (*const *call)(int, char **, char **) = data->init; call < data->init_end; call++)
		(*call)(w->argc, w->argv, w->envp);
}

static int component_prepare(struct component *c)
{
	int err = heap_bind(c->index, c->spec->heap_bytes);

	if (!err)
		err = words_copy(c->words, &c->own);
	if (err)
		fprintf(stderr, "%s: heap of %zu bytes: %s\n", c->spec->name, c->spec->heap_bytes,
			strerror(-err));
	else if (c->restarts)
		pristine_restore(c->index, &c->spec->data);
	return err;
}

static void step_run(struct component *c, struct thread *t)
{
	const struct words *w = &c->own;
	int status = EX_OSERR;

	if (!component_prepare(c)) {
		thread_enter(t);
		constructors_call(c);
		status = c->spec->runtime->run(c->spec, w->argc, w->argv, w->envp);
		thread_outside(t);
	}
	component_speak(c, COMPONENT_EXIT, status & 0xff);
}

static void step_linger(struct component *c, struct thread *t)
{
	thread_enter(t);
	while (component_verdict(c) == COMPONENT_OPEN) {
		uint32_t seen = atomic_load(&c->ends);

		if (!threads_count(c))
			component_speak(c, COMPONENT_EXIT, 0);
		else
			syscall(SYS_futex, &c->ends, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	}
	thread_outside(t);
}

static void step_threads(struct component *c, struct thread *t)
{
	(void)t;
	if (!threads_end(c, LEAVE_SECONDS))
		component_stuck(c);
}

/*
 * A component that failed is dead to its peers before its exit handlers run:
 * one that closes a channel, as many do, would tell the peer that all is well.
 * Its other threads are gone by then, because they may be using the channels.
 */
static void step_cut(struct component *c, struct thread *t)
{
	if (!component_status(c))
		return;
	step_threads(c, t);
	channel_table_end(c->index, true);
}

static bool handler_pop(struct component *c, struct exit_handler *popped)
{
	struct exit_handler *first;

	threads_lock();
	first = c->handlers;
	if (first) {
		*popped = *first;
		c->handlers = first->next;
	}
	threads_unlock();
	if (!first)
		return false;
	free(first);
	return true;
}

/* Those of the component's own object, the last one first. */
static void destructors_call(struct component *c)
{
	const struct image_data *data = &c->spec->data;

	if (!c->destructor)
		c->destructor = data->fini_end;
	while (c->destructor > data->fini)
		(*--c->destructor)();
}

/* A handler that exits comes back to this step; those that are left still run. */
static void step_handlers(struct component *c, struct thread *t)
{
	struct exit_handler handler;

	/* An old request to leave; a new one comes after the verdict that it is for. */
	atomic_store(&t->leaves, false);
	if (component_verdict(c) != COMPONENT_EXIT)
		return;
	thread_enter(t);
	while (handler_pop(c, &handler))
		handler.call(handler.argument);
	destructors_call(c);
	thread_outside(t);
}

/* A FILE that the component broke is a failure of its own, and comes back to this step. */
static void step_streams(struct component *c, struct thread *t)
{
	component_keys_delete(c);
	if (!component_has_failed(c)) {
		supervisor_wake(); /* which sees that this comes to an end */
		thread_enter(t);
		/* Its heap goes as a whole, but for where a sanitizer has it. */
		if (endpoint_thread_ends)
			endpoint_thread_ends();
		streams_close(c->index);
		thread_outside(t);
	}
	streams_drop(c->index);
	fflush(stdout);
}

static void step_channels(struct component *c, struct thread *t)
{
	(void)t;
	channel_table_end(c->index, component_status(c) != 0);
	free(c->own.argv); /* one block */
	c->own.argv = NULL;
}

static void (*const steps[STEP_DONE])(struct component *c, struct thread *t) = {
	[STEP_RUN] = step_run,           [STEP_LINGER] = step_linger,
	[STEP_CUT] = step_cut,           [STEP_HANDLERS] = step_handlers,
	[STEP_THREADS] = step_threads,   [STEP_STREAMS] = step_streams,
	[STEP_CHANNELS] = step_channels,
};

void component_life(struct thread *t)
{
	struct component *c = t->component;
	struct thread_base base;

	t->base = &base;
	if (sigsetjmp(base.jump, 0) && c->step != STEP_HANDLERS && c->step != STEP_STREAMS)
		c->step++;
	for (; c->step != STEP_DONE; c->step++)
		steps[c->step](c, t);
}

void component_finish(struct component *c)
{
	if (c->step == STEP_DONE)
		return;
	step_threads(c, NULL);
	streams_drop(c->index);
	channel_table_end(c->index, true);
	c->step = STEP_DONE;
}
