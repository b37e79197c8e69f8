/* SPDX-License-Identifier: MIT */
/*
 * The stacks of threads: see thread_stack.h.
 */
#include "container/thread_stack.h"

#include <signal.h>

#include "container/life.h"
#include "container/region.h"
#include "container/thread.h"
#include "layout/layout.h"

/* Stacks kept for a component: as many as it is likely to have threads that come and go. */
#define KEPT_MAX 4

static struct kept {
	struct component *component; /* NULL: none */
	size_t stack_bytes;
} kept[LAYOUT_THREADS_MAX];

static uint64_t stack_at(unsigned number, size_t bytes)
{
	return layout_stack_end(number) - bytes;
}

static uint64_t report_at(unsigned number)
{
	return layout_report_end(number) - LAYOUT_REPORT_STACK_SIZE;
}

uint64_t thread_stack_base(const struct thread *t)
{
	return stack_at(t->number, t->stack_bytes);
}

void thread_report_use(const struct thread *t)
{
	stack_t stack = {
		.ss_sp = (void *)report_at(t->number),
		.ss_size = LAYOUT_REPORT_STACK_SIZE,
	};

	sigaltstack(&stack, NULL);
}

void thread_report_leave(void)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	sigaltstack(&none, NULL);
}

bool thread_stacks_fit(unsigned number, const struct component *c, size_t stack_bytes)
{
	return kept[number].component == c && kept[number].stack_bytes == stack_bytes;
}

bool thread_stacks_are_kept(unsigned number, const struct component *c)
{
	return c ? kept[number].component == c : kept[number].component != NULL;
}

static void unmap(unsigned number, size_t stack_bytes)
{
	region_drop(stack_at(number, stack_bytes), stack_bytes);
	region_drop(report_at(number), LAYOUT_REPORT_STACK_SIZE);
}

static void forget(struct kept *k)
{
	atomic_fetch_sub(&k->component->stacks_kept, 1);
	k->component = NULL;
}

int thread_stacks_back(const struct thread *t)
{
	int err;

	if (thread_stacks_fit(t->number, t->component, t->stack_bytes)) {
		forget(&kept[t->number]);
		return 0;
	}
	thread_stacks_drop(t->number);
	err = region_back(thread_stack_base(t), t->stack_bytes);
	if (!err)
		err = region_back(report_at(t->number), LAYOUT_REPORT_STACK_SIZE);
	if (err)
		unmap(t->number, t->stack_bytes);
	return err;
}

void thread_stacks_keep(const struct thread *t)
{
	struct component *c = t->component;

	/* Two that look at the same time keep one too many, which does no harm. */
	if (thread_is_main(t) || atomic_load(&c->stacks_kept) >= KEPT_MAX) {
		unmap(t->number, t->stack_bytes);
		return;
	}
	atomic_fetch_add(&c->stacks_kept, 1);
	kept[t->number] = (struct kept){.component = c, .stack_bytes = t->stack_bytes};
}

void thread_stacks_drop(unsigned number)
{
	size_t stack_bytes = kept[number].stack_bytes;

	if (!kept[number].component)
		return;
	forget(&kept[number]);
	unmap(number, stack_bytes);
}
