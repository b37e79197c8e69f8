/* SPDX-License-Identifier: MIT */
/*
 * Stacks of tasks: from the component's heap, with an inaccessible page below each.
 *
 * An overflow is a fault at once, and the report has a name for it. The guard is a
 * page of the heap like the others, so the quota counts it and the end of the
 * component takes it back; in a guest the super-page that it lies in is mapped
 * by small pages from then on, which takes one more page.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "container/cause.h"
#include "ipc/task_schedule.h"
#include "layout/layout.h"

_Static_assert(TASK_STACK_GUARD == LAYOUT_PAGE_SIZE, "a guard is one page");

/* Of the calling thread's task, if the address is in its guard; else 0. */
static unsigned task_overflowed(uint64_t addr)
{
	const struct task_scheduler *s = task_scheduler;
	const struct task *t = s && !s->current ? s->left : task_self();

	return t && t->stack && addr - (uint64_t)t->stack < TASK_STACK_GUARD ? t->number : 0;
}

static struct task *task_stack_guarded(size_t bytes)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->stack_bytes = bytes;
	t->stack = aligned_alloc(TASK_STACK_GUARD, TASK_STACK_GUARD + bytes);
	if (t->stack && !mprotect(t->stack, TASK_STACK_GUARD, PROT_NONE))
		return t;
	free(t->stack);
	free(t);
	errno = ENOMEM;
	return NULL;
}

struct task *task_stack_make(size_t bytes)
{
	/* On any thread that makes a task; it is always the same. */
	__atomic_store_n(&cause_task, task_overflowed, __ATOMIC_RELAXED);
	if (bytes > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	return task_stack_guarded((bytes + TASK_STACK_GUARD - 1) / TASK_STACK_GUARD *
				  TASK_STACK_GUARD);
}

void task_stack_free(struct task *t)
{
	/* Cannot fail: the page lies between two that have these rights, or is one of them. */
	mprotect(t->stack, TASK_STACK_GUARD, PROT_READ | PROT_WRITE);
	free(t->stack);
	free(t);
}
