/* SPDX-License-Identifier: MIT */
/*
 * The scheduler of a core: see schedule.h.
 */
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/panic.h"
#include "container/xen/schedule.h"
#include "container/xen/turn.h"
#include "container/xen/vector.h"

#include <asm/errno.h>

/*
 * Set the timer, unless it fires early enough: one event too many is cheaper than
 * a hypercall for every deadline that is met in time.
 */
static void timer_arm(struct core *core)
{
	uint64_t deadline = core->slice_end;

	if (core->sleepers && core->sleepers->deadline < deadline)
		deadline = core->sleepers->deadline;
	if (deadline >= core->timer)
		return;
	core->timer = deadline;
	clock_timer_set(core->id, deadline);
}

/*
 * Others wait for this core: the current thread keeps it until its slice is over. A
 * timer that is set for a slice already finds that out, whoever's it was.
 */
void schedule_watch(struct core *core)
{
	struct thread *thread = core->current;
	uint64_t had;

	if (core->slice_end != THREAD_FOREVER || thread == &core->idle)
		return;
	had = clock_cycles_to_ns(cpu_tsc() - thread->run_start);
	if (had < SCHEDULE_SLICE) {
		core->slice_end = clock_now() + (SCHEDULE_SLICE - had);
		timer_arm(core);
		return;
	}
	__atomic_fetch_or(&thread->work, THREAD_WORK_PREEMPT, __ATOMIC_RELAXED);
}

void schedule_ready(struct thread *thread)
{
	turn_ready(thread);
}

void schedule(void)
{
	turn();
}

void schedule_kicked(void)
{
	struct core *core = core_self();

	if (core->queue_head)
		schedule_watch(core);
}

_Noreturn void schedule_leave(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;
	uint64_t unused;

	thread_resume_set(prev);
	turn_depart(core, prev);
	turn_switch(core, prev, turn_take(core), &unused);
	panic("a thread ran where it had left");
}

/* Only now may what was left behind be used by others, its stack above all. */
void schedule_switched(void)
{
	struct core *core = core_self();
	struct thread *departed = core->departed;

	if (!departed)
		return;
	core->departed = NULL;
	if (departed->state == THREAD_DEAD)
		thread_bury(departed);
	else
		schedule_ready(departed);
}

/* To the end of the queue; false if there is none. */
static bool requeue(struct core *core)
{
	lock_take(&core->lock);
	turn_settle(core);
	bool others = core->queue_head;

	if (others)
		turn_queue(core, core->current);
	lock_drop(&core->lock);
	return others;
}

void schedule_preempt(void)
{
	struct core *core = core_self();

	__atomic_fetch_and(&core->current->work, ~THREAD_WORK_PREEMPT, __ATOMIC_RELAXED);
	if (requeue(core))
		schedule_leave();
}

void thread_yield(void)
{
	if (requeue(core_self()))
		schedule();
}

/*
 * A thread stays on the list when it has been woken: the next time it often waits
 * until the same moment. `timed` says whether it does wait for that.
 */
void schedule_sleeper_add(struct core *core, struct thread *thread, uint64_t deadline)
{
	struct thread **at = &core->sleepers;

	schedule_sleeper_remove(core, thread);
	while (*at && (*at)->deadline <= deadline)
		at = &(*at)->sleep_next;
	thread->listed = true;
	thread->deadline = deadline;
	thread->sleep_next = *at;
	*at = thread;
	timer_arm(core);
}

void schedule_sleeper_remove(struct core *core, struct thread *thread)
{
	struct thread **at = &core->sleepers;

	if (!thread->listed)
		return;
	while (*at != thread)
		at = &(*at)->sleep_next;
	*at = thread->sleep_next;
	thread->listed = false;
}

void schedule_timer(void)
{
	struct core *core = core_self();
	struct thread *thread;

	core->timer = THREAD_FOREVER;
	while ((thread = core->sleepers) && thread->deadline <= clock_now()) {
		core->sleepers = thread->sleep_next;
		thread->listed = false;
		if (thread->timed && thread->cancel(thread))
			thread_wake(thread, -ETIMEDOUT);
	}
	if (core->slice_end <= clock_now()) {
		core->slice_end = THREAD_FOREVER;
		if (core->queue_head || core->handed)
			schedule_watch(core);
	}
	timer_arm(core);
}

static bool halt_allowed(struct core *core)
{
	lock_take(&core->lock);
	bool empty = !core->queue_head;

	__atomic_store_n(&core->halted, empty, __ATOMIC_RELEASE);
	lock_drop(&core->lock);
	return empty;
}

_Noreturn void thread_idle(void)
{
	struct core *core = core_self();

	for (;;) {
		schedule();
		/* A1: what this core did /before/ others may see it halted; see core_barrier. */
		cpu_fence();
		if (!halt_allowed(core))
			continue;
		core_halt();
		__atomic_store_n(&core->halted, false, __ATOMIC_RELEASE);
		/* A2: awake /before/ anything that the woken thread reads; see core_barrier. */
		cpu_fence();
	}
}
