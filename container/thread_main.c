/* SPDX-License-Identifier: MIT */
/*
 * What runs on a thread of a component: see thread.h and thread_row.h.
 */
#define _GNU_SOURCE /* CPU sets, thread names */

#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "container/heap.h"
#include "container/image.h"
#include "container/leave.h"
#include "container/life.h"
#include "container/report.h"
#include "container/thread_row.h"
#include "container/thread_stack.h"
#include "ipc/endpoint.h"
#include "ipc/monotonic.h"

#define THREAD_NAME_BYTES 16 /* with the final zero, as Linux has it */

static __thread struct thread *self;

struct thread *thread_self(void)
{
	return self;
}

/* The n-th CPU of those that are allowed, counted round and round. */
static void cpu_choose(const cpu_set_t *allowed, unsigned n, cpu_set_t *chosen)
{
	unsigned skip = n % (unsigned)CPU_COUNT(allowed);
	int cpu = 0;

	while (!CPU_ISSET(cpu, allowed) || skip--)
		cpu++;
	CPU_ZERO(chosen);
	CPU_SET(cpu, chosen);
}

/* Best effort: a component is as correct on any other core. */
static void thread_pin(unsigned core)
{
	cpu_set_t allowed, chosen;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) || !CPU_COUNT(&allowed))
		return;
	cpu_choose(&allowed, core, &chosen);
	sched_setaffinity(0, sizeof(chosen), &chosen);
}

/* For debuggers and for ps; names may be longer than what the kernel keeps. */
static void thread_name(const char *name)
{
	char kept[THREAD_NAME_BYTES] = "";

	strncpy(kept, name, sizeof(kept) - 1);
	pthread_setname_np(pthread_self(), kept);
}

uint64_t thread_cpu_ns(pthread_t id)
{
	struct timespec spent;
	clockid_t clock;

	if (pthread_getcpuclockid(id, &clock) || clock_gettime(clock, &spent))
		return 0;
	return monotonic_ns(&spent);
}

/* Until then its maker writes to its row. */
static void live_await(struct thread *t)
{
	while (thread_state(t) == THREAD_STARTING)
		thread_futex(&t->state, THREAD_STARTING, NULL);
}

/* The last that its row hears of a thread. */
static void thread_ended(struct thread *t)
{
	struct component *c = t->component;

	thread_state_set(t, THREAD_ENDED);
	component_thread_ended(c, thread_is_main(t));
}

_Noreturn void thread_exit_raw(struct thread *t)
{
	component_heap_damaged(t->component);
	component_cpu_add(t->component, thread_cpu_ns(t->id));
	thread_ended(t);
	for (;;)
		syscall(SYS_exit, 0);
}

/* Not of one that was made to leave: its component is ending, and its memory goes as a whole. */
static void keys_end(struct thread *t)
{
	if (thread_is_main(t) || !t->base || t->base->is_left)
		return;
	thread_enter(t);
	component_keys_call(t->component);
	if (endpoint_thread_ends)
		endpoint_thread_ends();
	thread_outside(t);
}

static void thread_finish(void *argument)
{
	struct thread *t = argument;

	keys_end(t);
	thread_outside(t);
	if (component_heap_is_damaged(t->component))
		thread_exit_raw(t);
	component_cpu_add(t->component, thread_cpu_ns(t->id));
	heap_leave();
	thread_report_leave();
	thread_ended(t);
}

/* A pthread_exit and a cancellation also end in thread_finish; a leave comes back to the base. */
static void *thread_run(struct thread *t)
{
	void *volatile result = NULL;
	struct thread_base base;

	base.is_left = false;
	pthread_cleanup_push(thread_finish, t);
	t->base = &base;
	if (!sigsetjmp(base.jump, 0)) {
		thread_enter(t);
		result = t->start(t->argument);
	} else {
		base.is_left = true;
	}
	pthread_cleanup_pop(1);
	return result;
}

/* Without its heap a thread would draw on memory that is not its component's. */
static void *thread_joined(struct thread *t)
{
	int err = heap_join(t->component->index);

	if (!err)
		return thread_run(t);
	report_line("component %s, thread %u: heap: error %d", t->component->spec->name, t->number,
		    -err);
	component_speak(t->component, COMPONENT_EXIT, EX_OSERR);
	thread_finish(t);
	return NULL;
}

static void *thread_main(void *argument)
{
	struct thread *t = argument;
	const struct image_component *spec = t->component->spec;

	self = t;
	live_await(t);
	thread_report_use(t);
	thread_pin(spec->core);
	thread_name(spec->name);
	if (!thread_is_main(t))
		return thread_joined(t);
	component_life(t);
	thread_finish(t);
	return NULL;
}

int thread_create(struct thread *t, pthread_t *id)
{
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	err = pthread_attr_setstack(&attr, (void *)thread_stack_base(t), t->stack_bytes);
	if (!err)
		err = pthread_create(id, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	return err;
}
