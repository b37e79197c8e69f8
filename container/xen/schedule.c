/* SPDX-License-Identifier: MIT */
/*
 * The scheduler of a core: see schedule.h.
 */
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/panic.h"
#include "container/xen/schedule.h"
#include "container/xen/vector.h"

#include <asm/errno.h>

void thread_switch(uint64_t *save_rsp, uint64_t load_rsp);

/* With the core's lock held. */
static void queue_push(struct core *core, struct thread *thread)
{
	thread->state = THREAD_READY;
	thread->queue_next = NULL;
	if (core->queue_head)
		core->queue_tail->queue_next = thread;
	else
		core->queue_head = thread;
	core->queue_tail = thread;
}

static struct thread *queue_pop(struct core *core)
{
	struct thread *thread = core->queue_head;

	if (thread)
		core->queue_head = thread->queue_next;
	return thread;
}

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
static void slice_watch(struct core *core)
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
	struct core *core = thread->core;
	bool is_here = core == core_self();

	lock_take(&core->lock);
	queue_push(core, thread);
	bool news = core->halted || core->alone;

	core->alone = false;
	lock_drop(&core->lock);
	/* Only a vCPU itself can set its timer. */
	if (news && is_here)
		slice_watch(core);
	else if (news)
		core_kick(core);
}

void schedule_kicked(void)
{
	struct core *core = core_self();

	if (core->queue_head)
		slice_watch(core);
}

/* CPU time: the version is odd while the two others do not fit together. */
static void run_edit(struct thread *thread, uint64_t start, uint64_t more)
{
	uint32_t version = thread->run_version;

	__atomic_store_n(&thread->run_version, version + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&thread->run_start, start, __ATOMIC_RELAXED);
	__atomic_store_n(&thread->run_cycles, thread->run_cycles + more, __ATOMIC_RELAXED);
	__atomic_store_n(&thread->run_version, version + 2, __ATOMIC_RELEASE);
}

/* Make the next ready thread the core's current one; its slice begins. */
static struct thread *next_take(struct core *core)
{
	struct thread *prev = core->current;
	uint64_t now = cpu_tsc();

	if (panic_is_here())
		panic("the report had to wait");
	lock_take(&core->lock);
	struct thread *next = queue_pop(core);
	bool others = core->queue_head;

	if (!next)
		next = &core->idle;
	next->state = THREAD_RUNNING;
	core->alone = next != &core->idle && !others;
	lock_drop(&core->lock);
	run_edit(prev, THREAD_FOREVER, now - prev->run_start);
	run_edit(next, now, 0);
	core->current = next;
	if (others)
		slice_watch(core);
	if (__atomic_load_n(&next->work, __ATOMIC_RELAXED) & THREAD_WORK_PREEMPT)
		__atomic_fetch_and(&next->work, ~THREAD_WORK_PREEMPT, __ATOMIC_RELAXED);
	return next;
}

/* What becomes of a thread that the core leaves for good is done behind the switch. */
static void depart(struct core *core, struct thread *prev)
{
	if (prev->state == THREAD_DEAD || prev->state == THREAD_MOVING)
		core->departed = prev;
}

static void switch_to(struct core *core, struct thread *prev, struct thread *next,
		      uint64_t *save_rsp)
{
	if (prev != &core->idle)
		prev->fs_base = cpu_fs_base();
	if (next != &core->idle) {
		vector_switch(core, next);
		cpu_fs_base_set(next->fs_base);
	}
	thread_switch(save_rsp, next->rsp);
}

void schedule(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;
	struct thread *next = next_take(core);

	if (next == prev)
		return;
	depart(core, prev);
	switch_to(core, prev, next, &prev->rsp);
	schedule_switched();
}

_Noreturn void schedule_leave(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;
	uint64_t unused;

	thread_resume_set(prev);
	depart(core, prev);
	switch_to(core, prev, next_take(core), &unused);
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
	bool others = core->queue_head;

	if (others)
		queue_push(core, core->current);
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

	thread->timed = true;
	if (thread->listed && thread->deadline == deadline)
		return;
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
		if (core->queue_head)
			slice_watch(core);
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
