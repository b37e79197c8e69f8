/* SPDX-License-Identifier: MIT */
/*
 * Being asked to stop: see stop.h.
 */
#include "container/stop.h"

#include <errno.h>
#include <pthread.h>

#include "container/image.h"
#include "container/life.h"
#include "container/report.h"
#include "container/runtime.h"
#include "container/signals.h"
#include "container/supervisor.h"
#include "container/thread.h"
#include "ipc/channel_table.h"
#include "ipc/monotonic.h"

#define MS_NS UINT64_C(1000000)

#define NUDGE_FIRST_NS (10 * MS_NS)

static struct {
	atomic_uint requests; /* SIGTERM and SIGINT; the second one ends the grace */
	bool has_begun;
	bool is_killing;    /* the grace is over */
	uint64_t grace_end; /* once it has begun */
	uint64_t nudge_ns;  /* between two signals to a component that was asked to stop */
	uint64_t nudge_next;
} stop;

/* To a thread that is about to wait in a system call the signal may come too early: again. */
static void stop_nudge(void)
{
	if (monotonic_now() < stop.nudge_next)
		return;
	for (unsigned i = 0; i < image.component_count; i++) {
		const struct component *c = component_at(i);

		if (c->state == COMPONENT_RUNNING)
			pthread_kill(thread_row(component_main(c))->id, SIGNAL_STOP);
	}
	stop.nudge_ns *= 2;
	stop.nudge_next = monotonic_now() + stop.nudge_ns;
}

static void stop_begin(void)
{
	stop.has_begun = true;
	stop.grace_end = monotonic_now() + image.grace_ms * MS_NS;
	stop.nudge_ns = NUDGE_FIRST_NS;
	for (unsigned i = 0; i < image.component_count; i++) {
		struct component *c = component_at(i);

		atomic_store(&c->is_stopping, true);
		if (c->state == COMPONENT_WAITING)
			component_gone(c);
		else if (c->state != COMPONENT_GONE)
			channel_table_stop(i);
	}
}

static void stop_enforce(void)
{
	stop.is_killing = true;
	for (unsigned i = 0; i < image.component_count; i++) {
		struct component *c = component_at(i);

		if (c->state != COMPONENT_RUNNING && c->state != COMPONENT_ENDING)
			continue;
		report_line("component %s did not stop in time", c->spec->name);
		component_speak(c, COMPONENT_KILLED, COMPONENT_KILLED_STATUS);
	}
}

static bool decider_is_gone(void)
{
	return image.decider < image.component_count &&
	       component_at(image.decider)->state == COMPONENT_GONE;
}

uint64_t stop_look(void)
{
	unsigned requests = atomic_load(&stop.requests);

	if (!stop.has_begun && (requests || decider_is_gone()))
		stop_begin();
	if (!stop.has_begun || stop.is_killing)
		return UINT64_MAX;
	if (requests > 1 || monotonic_now() >= stop.grace_end) {
		stop_enforce();
		return UINT64_MAX;
	}
	stop_nudge();
	return stop.nudge_next < stop.grace_end ? stop.nudge_next : stop.grace_end;
}

bool stop_has_begun(void)
{
	return stop.has_begun;
}

/* A request to leave that comes meanwhile is for the code below, which is not known here. */
static void handler_begin(struct thread *t)
{
	if (t)
		t->holds++;
}

static void handler_end(struct thread *t)
{
	if (t)
		t->holds--;
}

static void stop_requested(int signal, siginfo_t *info, void *context)
{
	int kept = errno;

	(void)signal;
	(void)info;
	(void)context;
	handler_begin(thread_self());
	atomic_fetch_add(&stop.requests, 1);
	supervisor_wake();
	handler_end(thread_self());
	errno = kept;
}

/* On the component's main thread; what it waits for in a system call answers EINTR. */
static void component_asked(int signal, siginfo_t *info, void *context)
{
	struct thread *t = thread_self();
	int kept = errno;

	(void)signal;
	(void)info;
	(void)context;
	if (!t || !t->is_inside || t->component->step != STEP_RUN)
		return;
	handler_begin(t);
	if (!atomic_exchange(&t->component->is_told, true) && t->component->spec->runtime->stop)
		t->component->spec->runtime->stop();
	handler_end(t);
	errno = kept;
}

int stop_init(void)
{
	int err = signal_catch(SIGNAL_STOP, component_asked, SA_ONSTACK);

	if (!err)
		err = signal_catch(SIGTERM, stop_requested, SA_ONSTACK | SA_RESTART);
	return err ? err : signal_catch(SIGINT, stop_requested, SA_ONSTACK | SA_RESTART);
}
