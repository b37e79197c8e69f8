/* SPDX-License-Identifier: MIT */
/* Tasks: made, ended, joined, cancelled. */
#include "ipc/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container/component_self.h"
#include "ipc/task_schedule.h"

/* As task_switch leaves it. */
struct task_frame {
	uint32_t mxcsr;
	uint32_t control;
	void *r15, *r14, *r13, *r12, *rbx, *rbp;
	void (*back)(void);
};

_Static_assert(sizeof(struct task_frame) == 64, "56 bytes and the address to return to");

_Thread_local struct task_scheduler *task_scheduler;

static enum channel_status task_wait(struct endpoint_attempt *a)
{
	enum channel_status status = endpoint_try(a);

	return status == CHANNEL_AGAIN ? task_block(task_scheduler, a, a->deadline) : status;
}

static struct task_scheduler *task_scheduler_make(void)
{
	struct task_scheduler *s = calloc(1, sizeof(*s));
	int err = s ? set_init(&s->set, component_index()) : -ENOMEM;

	if (err) {
		free(s);
		errno = -err;
		return NULL;
	}
	task_ready(s, &s->first);
	s->current = &s->first;
	s->count = s->turns = 1;
	task_fiber_first(&s->first.fiber);
	return s;
}

/* With room in the set for one more task. */
static struct task_scheduler *task_scheduler_grown(void)
{
	struct task_scheduler *s = task_scheduler;
	int err;

	if (!s)
		s = task_scheduler_make();
	if (!s)
		return NULL;
	task_scheduler = s;
	endpoint_wait_as_task = task_wait;
	endpoint_thread_ends = task_scheduler_end;
	err = set_grow(&s->set, s->count + 1);
	if (!err)
		return s;
	errno = -err;
	return NULL;
}

static void task_frame_make(struct task *t)
{
	struct task_frame *f =
		(struct task_frame *)(void *)(t->stack + TASK_STACK_GUARD + t->stack_bytes) - 1;
	uint16_t control;

	*f = (struct task_frame){.r12 = t, .back = task_begin};
	/* A task begins with the rounding and the exceptions of the one that spawns it. */
	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(f->mxcsr), "=m"(control));
	f->control = control;
	t->sp = f;
}

static void task_link(struct task_scheduler *s, struct task *t)
{
	t->older = &s->first;
	t->newer = s->first.newer;
	if (t->newer)
		t->newer->older = t;
	s->first.newer = t;
	s->count++;
}

static void task_free(struct task_scheduler *s, struct task *t)
{
	t->older->newer = t->newer;
	if (t->newer)
		t->newer->older = t->older;
	s->count--;
	task_fiber_end(&t->fiber);
	task_stack_free(t);
}

static void task_unblock(struct task *t)
{
	if (t->blocked && t->member.set)
		set_leave(&t->member);
}

void task_scheduler_end(void)
{
	struct task_scheduler *s = task_scheduler;
	struct task *here = s->current ? s->current : s->left, *next;

	endpoint_wait_as_task = NULL;
	endpoint_thread_ends = NULL;
	task_scheduler = NULL;
	for (struct task *t = &s->first; t; t = t->newer)
		task_unblock(t);
	set_end(&s->set);
	for (struct task *t = s->first.newer; t; t = next) {
		next = t->newer;
		if (t != here)
			task_free(s, t);
	}
	if (here == &s->first)
		free(s);
}

void task_reap(struct task_scheduler *s)
{
	while (s->graves) {
		struct task *t = s->graves;

		s->graves = t->next;
		task_free(s, t);
	}
}

void task_detach(struct task *t)
{
	if (t->ended)
		task_free(task_scheduler, t);
	else
		t->detached = true;
}

struct task *task_spawn(int (*run)(void *arg), void *arg, size_t stack_bytes)
{
	struct task_scheduler *s = task_scheduler_grown();
	size_t bytes = stack_bytes ? stack_bytes : TASK_STACK_DEFAULT;
	struct task *t;

	if (!s)
		return NULL;
	task_reap(s);
	t = task_stack_make(bytes < TASK_STACK_MIN ? TASK_STACK_MIN : bytes);
	if (!t)
		return NULL;
	t->run = run;
	t->arg = arg;
	t->number = ++s->spawned;
	task_frame_make(t);
	task_fiber_make(&t->fiber, t->stack + TASK_STACK_GUARD, t->stack_bytes);
	task_link(s, t);
	task_ready(s, t);
	return t;
}

static void task_end(struct task_scheduler *s, struct task *t)
{
	t->ended = true;
	if (t->joiner && t->joiner->blocked)
		task_ready(s, t->joiner);
}

_Noreturn void task_main(struct task *t, struct task *left)
{
	struct task_scheduler *s = task_scheduler;

	task_fiber_arrive(&left->fiber, &t->fiber);
	t->result = t->run(t->arg);
	task_end(s, t);
	task_leave(s);
	abort(); /* nobody resumes a task that has ended */
}

struct task *task_self(void)
{
	return task_scheduler ? task_scheduler->current : NULL;
}

void task_yield(void)
{
	struct task_scheduler *s = task_scheduler;
	struct task *from, *to;

	if (!s)
		return;
	from = s->current;
	to = from->next;
	if (__builtin_expect(--s->turns == 0 || to == from, 0)) {
		task_yield_slow(s);
		return;
	}
	s->current = to;
	task_go(from, to);
}

enum channel_status task_join(struct task *t, uint64_t deadline, int *result)
{
	struct task_scheduler *s = task_scheduler;
	enum channel_status status;

	if (!t->stack || t == s->current || t->joiner || t->detached)
		return CHANNEL_MISUSE;
	if (!t->ended && deadline == CHANNEL_NOW)
		return CHANNEL_AGAIN;
	if (!t->ended) {
		t->joiner = s->current;
		status = task_block(s, NULL, deadline);
		t->joiner = NULL;
		if (!t->ended)
			return status;
	}
	if (result)
		*result = t->result;
	task_free(s, t);
	return CHANNEL_OK;
}

void task_cancel(struct task *t)
{
	t->cancelled = true;
	if (t->blocked)
		task_ready(task_scheduler, t);
}

bool task_cancelled(void)
{
	return task_scheduler && task_scheduler->current->cancelled;
}

enum channel_status task_sleep(uint64_t deadline)
{
	struct task_scheduler *s = task_scheduler;
	enum channel_status status;

	if (!s)
		return CHANNEL_MISUSE;
	status = task_block(s, NULL, deadline);
	return status == CHANNEL_AGAIN ? CHANNEL_OK : status;
}
