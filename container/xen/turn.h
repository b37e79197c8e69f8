/* SPDX-License-Identifier: MIT */
/*
 * What a core does at every turn of its threads, inline: for schedule.c, where the
 * rest of it is, and for direct.c, where every instruction counts.
 */
#ifndef XEN_TURN_H
#define XEN_TURN_H

#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/panic.h"
#include "container/xen/schedule.h"
#include "container/xen/vector.h"

#include <asm/errno.h>

/*
 * Go on on another stack, interrupts off; comes back on this one. What a thread that
 * does not run has to find again is on its stack, and the address to go on at above it.
 */
static inline void thread_switch(uint64_t *save_rsp, uint64_t load_rsp)
{
	__asm__ volatile("push %%rbp\n\t"
			 ".cfi_adjust_cfa_offset 8\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "mov %%rsp, (%0)\n\t"
			 "mov %1, %%rsp\n\t"
			 "pop %%rax\n\t"
			 "jmp *%%rax\n"
			 "1:\n\t"
			 "pop %%rbp\n\t"
			 ".cfi_adjust_cfa_offset -8"
			 : "+D"(save_rsp), "+S"(load_rsp)
			 :
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "memory", "cc");
}

/* With the core's lock held. */
static inline void turn_queue(struct core *core, struct thread *thread)
{
	thread->state = THREAD_READY;
	thread->queue_next = NULL;
	if (core->queue_head)
		core->queue_tail->queue_next = thread;
	else
		core->queue_head = thread;
	core->queue_tail = thread;
}

/* With the core's lock held, before the queue is looked at or added to: see `handed` in core.h. */
static inline void turn_settle(struct core *core)
{
	struct thread *thread = core->handed;

	if (!thread)
		return;
	core->handed = NULL;
	turn_queue(core, thread);
	core->alone = false;
}

static inline struct thread *turn_pop(struct core *core)
{
	struct thread *thread = core->queue_head;

	if (thread)
		core->queue_head = thread->queue_next;
	return thread;
}

static inline void turn_ready(struct thread *thread)
{
	struct core *core = thread->core;
	bool is_here = core == core_self();

	lock_take(&core->lock);
	if (is_here)
		turn_settle(core);
	turn_queue(core, thread);
	bool news = core->halted || core->alone;

	core->alone = false;
	lock_drop(&core->lock);
	/* Only a vCPU itself can set its timer. */
	if (news && is_here)
		schedule_watch(core);
	else if (news)
		core_kick(core);
}

/*
 * CPU time: a turn begins by one store, and run_start tells it from all others. A
 * reader that finds the same run_start before and behind run_cycles has two that fit
 * together: either no turn ended between, or it read a count without a turn.
 */
static inline void turn_count_begin(struct thread *thread, uint64_t now)
{
	__atomic_store_n(&thread->run_start, now, __ATOMIC_RELEASE);
}

static inline void turn_count_end(struct thread *thread, uint64_t now)
{
	uint64_t cycles = thread->run_cycles + (now - thread->run_start);

	__atomic_store_n(&thread->run_start, THREAD_UNCLEAR, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&thread->run_cycles, cycles, __ATOMIC_RELAXED);
	__atomic_store_n(&thread->run_start, THREAD_OFF, __ATOMIC_RELEASE);
}

/* Make the next ready thread the core's current one; its slice begins. */
static inline struct thread *turn_take(struct core *core)
{
	struct thread *prev = core->current;
	uint64_t now = cpu_tsc();

	if (panic_is_here())
		panic("the report had to wait");
	lock_take(&core->lock);
	turn_settle(core);
	struct thread *next = turn_pop(core);
	bool others = core->queue_head;

	if (!next)
		next = &core->idle;
	next->state = THREAD_RUNNING;
	core->alone = next != &core->idle && !others;
	lock_drop(&core->lock);
	turn_count_end(prev, now);
	turn_count_begin(next, now);
	core->current = next;
	if (others)
		schedule_watch(core);
	if (__atomic_load_n(&next->work, __ATOMIC_RELAXED) & THREAD_WORK_PREEMPT)
		__atomic_fetch_and(&next->work, ~THREAD_WORK_PREEMPT, __ATOMIC_RELAXED);
	return next;
}

/* What becomes of a thread that the core leaves for good is done behind the switch. */
static inline void turn_depart(struct core *core, struct thread *prev)
{
	if (prev->state == THREAD_DEAD || prev->state == THREAD_MOVING)
		core->departed = prev;
}

static inline void turn_switch(struct core *core, struct thread *prev, struct thread *next,
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

/* See schedule. */
static inline void turn(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;
	struct thread *next = turn_take(core);

	if (next == prev)
		return;
	turn_depart(core, prev);
	turn_switch(core, prev, next, &prev->rsp);
	/* Perhaps on another core than before. */
	if (__builtin_expect(core_self()->departed != NULL, 0))
		schedule_switched();
}

/*
 * turn, where core->handed is `next` and the queue is empty. The queue stays empty, so
 * `alone` stays as it is, and the lock is not needed: what another core queues
 * meanwhile finds `alone` set, and that core kicks this one, which has the new current
 * thread watched as soon as interrupts are on; from then on no hand-over passes the
 * queue by. Both threads wait in direct calls. A THREAD_WORK_PREEMPT that is left over
 * from an earlier turn of `next` is taken off on its way out of the kernel.
 */
static inline void turn_hand_over(struct core *core, struct thread *self, struct thread *next)
{
	uint64_t now = cpu_tsc();

	core->handed = NULL;
	next->state = THREAD_RUNNING;
	turn_count_end(self, now);
	turn_count_begin(next, now);
	core->current = next;
	self->fs_base = cpu_fs_base();
	vector_switch_dead(core, self, next);
	cpu_fs_base_set(next->fs_base);
	thread_switch(&self->rsp, next->rsp);
	if (__builtin_expect(core_self()->departed != NULL, 0))
		schedule_switched();
}

/* Between these a signal ends the wait. False if one is due already. */
static inline bool turn_wait_begin(struct thread *self)
{
	lock_take(&self->signals.lock);
	if (__builtin_expect(__atomic_load_n(&self->work, __ATOMIC_RELAXED) & THREAD_WORK_SIGNAL,
			     0)) {
		lock_drop(&self->signals.lock);
		return false;
	}
	self->signals.waits = true;
	lock_drop(&self->signals.lock);
	return true;
}

static inline void turn_wait_end(struct thread *self)
{
	lock_take(&self->signals.lock);
	self->signals.waits = false;
	lock_drop(&self->signals.lock);
}

static inline void turn_wait_until(struct core *core, struct thread *self, uint64_t deadline)
{
	if (deadline == THREAD_FOREVER)
		return;
	self->timed = true;
	if (__builtin_expect(!self->listed || self->deadline != deadline, 0))
		schedule_sleeper_add(core, self, deadline);
}

/* See thread_block. */
static inline int turn_block(uint64_t deadline)
{
	struct core *core = core_self();
	struct thread *self = core->current;

	/* Where a waker has been quicker than cancel, this thread is in the queue already. */
	if (!turn_wait_begin(self) && self->cancel(self)) {
		self->state = THREAD_RUNNING;
		return -EINTR;
	}
	turn_wait_until(core, self, deadline);
	turn();
	self->timed = false;
	turn_wait_end(self);
	return self->wait_result;
}

#endif
