/* SPDX-License-Identifier: MIT */
/*
 * One loop: look at every component, sleep until something ends or is due. What
 * is done in which state of a component is in the tables of life.h.
 */
#define _GNU_SOURCE /* sem_clockwait */

#include "container/supervisor.h"

#include <errno.h>
#include <semaphore.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "container/component.h"
#include "container/component_self.h"
#include "container/format.h"
#include "container/failure.h"
#include "container/heap.h"
#include "container/image.h"
#include "container/leave.h"
#include "container/life.h"
#include "container/pristine.h"
#include "container/report.h"
#include "container/runtime.h"
#include "container/stats.h"
#include "container/stop.h"
#include "container/streams.h"
#include "container/thread.h"
#include "container/words.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "ipc/monotonic.h"

#define MS_NS UINT64_C(1000000)
#define NEVER UINT64_MAX

#define DELAY_MAX_MS 10000
#define DELAY_ENDLESS_MS 10 /* the least first delay of who is started again for ever */
#define STEADY_NS (60 * MONOTONIC_SECOND) /* who ran so long begins with the first delay */

static struct {
	sem_t wake;
	uint64_t next; /* when the loop has to look again */
} supervisor;

void supervisor_wake(void)
{
	sem_post(&supervisor.wake);
}

static void look_again_at(uint64_t when)
{
	if (when < supervisor.next)
		supervisor.next = when;
}

static void component_set_state(struct component *c, enum component_state state)
{
	atomic_store(&c->state, state);
	stats_state(c);
}

/* The policy, if it ended with this status. */
static bool policy_restarts(const struct component *c, int status)
{
	const struct image_component *spec = c->spec;

	if (spec->restart == IMAGE_RESTART_NEVER || component_heap_is_damaged(c) ||
	    atomic_load_explicit(&c->is_stopping, memory_order_relaxed))
		return false;
	if (spec->restart_limit && c->restarts >= spec->restart_limit)
		return false;
	return spec->restart == IMAGE_RESTART_ALWAYS || status;
}

bool component_will_return(unsigned index)
{
	const struct component *c = component_at(index);

	return c->state != COMPONENT_GONE && policy_restarts(c, component_status(c));
}

void component_gone(struct component *c)
{
	component_set_state(c, COMPONENT_GONE);
	/* Again, for one that was to return and does not: its peers are refused from now on. */
	channel_table_end(c->index, true);
}

static int component_begin(struct component *c)
{
	pthread_t id;
	int err;

	c->handlers = NULL;
	c->destructor = NULL;
	c->own = (struct words){0};
	atomic_store(&c->is_told, false);
	atomic_store(&c->step, STEP_RUN);
	atomic_store(&c->verdict, COMPONENT_OPEN);
	c->deadline_ns = c->streams_ns = 0;
	c->streams_cut = false;
	c->started_ns = monotonic_now();
	component_set_state(c, COMPONENT_RUNNING);
	err = thread_start(c, component_main(c), c->spec->stack_bytes, false, NULL, NULL, &id);
	if (!err)
		return 0;
	report_line("component %s: cannot start a thread: error %d", c->spec->name, err);
	atomic_store(&c->verdict, (uint32_t)EX_OSERR << 8 | COMPONENT_EXIT);
	component_gone(c);
	return -err;
}

static void component_restart(struct component *c)
{
	c->restarts++;
	channel_table_begin(c->index);
	component_begin(c);
}

/* How it ended, where that was not well, and what comes next. */
static void end_report(const struct component *c, bool returns)
{
	char next[96] = "", limit[32] = "";
	int status = component_status(c);

	if (!status)
		return;
	if (c->spec->restart_limit)
		print_to(limit, sizeof(limit), " (%u of %u)", c->restarts + returns,
			 c->spec->restart_limit);
	if (returns)
		print_to(next, sizeof(next), "; starts again in %u ms%s", c->delay_ms, limit);
	else if (component_heap_is_damaged(c))
		print_to(next, sizeof(next),
			 "; cannot be started again: its heap's bookkeeping is damaged");
	else if (c->spec->restart != IMAGE_RESTART_NEVER && !stop_has_begun())
		print_to(next, sizeof(next), "; is not started again%s", limit);
	report_line("component %s ended with status %d%s", c->spec->name, status, next);
}

/* At once, for ever, would be a console full of reports. */
static unsigned delay_first(const struct image_component *spec)
{
	return spec->restart_limit || spec->restart_delay_ms > DELAY_ENDLESS_MS
		       ? spec->restart_delay_ms
		       : DELAY_ENDLESS_MS;
}

/* The delay before this restart. */
static void delay_choose(struct component *c)
{
	if (!c->restarts || monotonic_now() - c->started_ns >= STEADY_NS)
		c->delay_ms = delay_first(c->spec);
	else if (c->delay_ms * 2 <= DELAY_MAX_MS)
		c->delay_ms *= 2;
	else
		c->delay_ms = DELAY_MAX_MS;
}

static void heap_end(struct component *c)
{
	if (!component_heap_is_damaged(c) && heap_release(c->index) == -EBUSY)
		component_heap_damaged(c);
	if (component_heap_is_damaged(c))
		heap_abandon(c->index);
}

/* Its main thread has ended. */
static void component_bury(struct component *c)
{
	bool returns;

	if (!thread_reap(thread_row(component_main(c)), false, NULL) &&
	    !component_heap_is_damaged(c)) {
		look_again_at(monotonic_now() + MS_NS);
		return;
	}
	component_finish(c);
	heap_end(c);
	component_set_state(c, COMPONENT_ENDED);
	returns = policy_restarts(c, component_status(c));
	delay_choose(c);
	end_report(c, returns);
	if (!returns) {
		component_gone(c);
		return;
	}
	c->deadline_ns = monotonic_now() + c->delay_ms * MS_NS;
	component_set_state(c, COMPONENT_WAITING);
	look_again_at(0);
}

/*
 * Closing a stream can call the component's own code, or wait for who reads the
 * other end of a pipe. Asked to leave that, its main thread drops what is still open.
 */
static void streams_watch(struct component *c, uint64_t now)
{
	struct thread *t = thread_row(component_main(c));

	if (c->streams_cut && !atomic_load_explicit(&t->leaves, memory_order_relaxed))
		return;
	if (!c->streams_ns) {
		c->streams_ns = now + LEAVE_SECONDS * MONOTONIC_SECOND;
	} else if (now >= c->streams_ns && c->streams_cut) {
		component_stuck(c);
	} else if (now >= c->streams_ns) {
		report_line("component %s does not close what it left open within %d s",
			    c->spec->name, LEAVE_SECONDS);
		c->streams_cut = true;
		c->streams_ns += LEAVE_SECONDS * MONOTONIC_SECOND;
		component_speak(c, COMPONENT_KILLED, COMPONENT_KILLED_STATUS);
	} else if (c->streams_cut) {
		leave_ask(t);
	}
	look_again_at(c->streams_cut ? now + LEAVE_AGAIN_NS : c->streams_ns);
}

static void component_push(struct component *c)
{
	uint64_t now = monotonic_now();

	if (c->step == STEP_STREAMS)
		streams_watch(c, now);
	if (!component_is_to_leave(c))
		return;
	if (!c->deadline_ns)
		c->deadline_ns = now + LEAVE_SECONDS * MONOTONIC_SECOND;
	else if (now >= c->deadline_ns)
		component_stuck(c);
	else
		leave_ask(thread_row(component_main(c)));
	look_again_at(now + LEAVE_AGAIN_NS);
}

static void component_look(struct component *c)
{
	switch ((enum component_state)c->state) {
	case COMPONENT_ENDING:
		component_push(c);
		break;
	case COMPONENT_ENDED:
		component_bury(c);
		break;
	case COMPONENT_WAITING:
		if (monotonic_now() >= c->deadline_ns)
			component_restart(c);
		else
			look_again_at(c->deadline_ns);
		break;
	default:
		break;
	}
}

static bool all_are_gone(void)
{
	for (unsigned i = 0; i < image.component_count; i++)
		if (component_at(i)->state != COMPONENT_GONE)
			return false;
	return true;
}

static void supervisor_sleep(void)
{
	struct timespec until = monotonic_timespec(supervisor.next);

	if (supervisor.next == NEVER)
		sem_wait(&supervisor.wake);
	else
		sem_clockwait(&supervisor.wake, CLOCK_MONOTONIC, &until);
}

static int image_status(void)
{
	int status = 0;

	if (image.decider < image.component_count)
		return component_status(component_at(image.decider));
	for (unsigned i = 0; i < image.component_count && !status; i++)
		status = component_status(component_at(i));
	return status;
}

static int signals_init(void)
{
	int err = leave_init();

	if (!err)
		err = failure_init();
	if (!err)
		err = stop_init();
	return err;
}

static int components_init(const struct words *words)
{
	for (unsigned i = 0; i < image.component_count; i++) {
		const struct image_component *spec = &image.components[i];
		struct component *c = component_at(i);

		*c = (struct component){.index = i, .spec = spec, .words = &words[i]};
		if (spec->restart != IMAGE_RESTART_NEVER && pristine_keep(i, &spec->data))
			return -ENOMEM;
	}
	return 0;
}

/* Not there in an image that tells no local time. */
#pragma weak tzset

static int supervisor_init(const struct words *words)
{
	int err = sem_init(&supervisor.wake, 0, 0) ? -errno : 0;

	if (!err)
		err = streams_init();
	if (!err)
		err = components_init(words);
	if (!err)
		err = signals_init();
	/* What the C library keeps of the time zone is not to lie in a component's heap. */
	if (tzset)
		tzset();
	stats_init();
	endpoint_rest = component_rest;
	return err;
}

static int components_begin(bool on_own_core)
{
	int err = 0;

	for (unsigned i = 0; i < image.component_count && !err; i++) {
		struct component *c = component_at(i);

		if ((c->spec->core == 0) != on_own_core)
			continue;
		err = component_begin(c);
		/* A new thread moves to its core by itself: let it. */
		if (!on_own_core)
			sched_yield();
	}
	return err;
}

int supervisor_run(const struct words *words)
{
	int err = supervisor_init(words);

	if (err)
		fprintf(stderr, "%s: the container cannot start: %s\n", image.name, strerror(-err));
	/* Those of other cores first: they start there while this core, the first, goes on. */
	if (!err)
		err = components_begin(false);
	if (!err)
		err = components_begin(true);
	if (err)
		return EX_OSERR;
	while (!all_are_gone()) {
		supervisor_sleep();
		supervisor.next = NEVER;
		for (unsigned i = 0; i < image.component_count; i++)
			component_look(component_at(i));
		look_again_at(stop_look());
	}
	return image_status();
}
