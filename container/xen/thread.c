/* SPDX-License-Identifier: MIT */
/*
 * Threads: see thread.h. Which of them runs is up to schedule.c.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/futex.h"
#include "container/xen/schedule.h"
#include "container/xen/string.h"
#include "container/xen/thread.h"
#include "container/xen/turn.h"
#include "container/xen/vector.h"
#include "container/xen/user.h"

#include <asm/errno.h>

void thread_resume(void);
void thread_resumed(struct regs *regs);

static struct lock table_lock; /* covers allocation of slots, and what follows */
static uint64_t buried_cycles; /* CPU time of the threads that are no more */
static struct thread_told all_told;
static struct thread threads[LAYOUT_THREADS_MAX];

struct thread *thread_by_id(int id)
{
	return id >= 1 && id <= LAYOUT_THREADS_MAX ? &threads[id - 1] : NULL;
}

static struct thread *slot_take(void)
{
	struct thread *found = NULL;

	lock_take(&table_lock);
	for (unsigned i = 0; i < LAYOUT_THREADS_MAX && !found; i++) {
		if (threads[i].state != THREAD_FREE)
			continue;
		found = &threads[i];
		memset(found, 0, offsetof(struct thread, signals));
		found->id = (int)i + 1;
		found->run_start = THREAD_OFF;
		found->state = THREAD_BLOCKED;
	}
	lock_drop(&table_lock);
	return found;
}

void thread_resume_set(struct thread *thread)
{
	thread->resume.entry = (uint64_t)thread_resume;
	thread->rsp = (uint64_t)&thread->resume;
}

struct thread *thread_new(struct core *core, const struct regs *regs, uint64_t fs_base)
{
	struct thread *thread = slot_take();

	if (!thread)
		return NULL;
	thread->resume.regs = *regs;
	thread_resume_set(thread);
	thread->fs_base = fs_base;
	thread->core = core;
	vector_inherit(thread);
	signal_begin(thread, thread_current());
	return thread;
}

void thread_start(struct thread *thread)
{
	schedule_ready(thread);
}

void thread_bury(struct thread *thread)
{
	uint32_t *word = thread->clear_tid;

	/* The slot first: whoever waits for the word may start a thread at once. */
	lock_take(&table_lock);
	buried_cycles += thread->run_cycles;
	thread->state = THREAD_FREE;
	lock_drop(&table_lock);
	if (word) {
		user_store32(word, 0);
		futex_wake(word, 1, UINT32_MAX);
	}
}

static uint64_t thread_cycles(const struct thread *thread)
{
	uint64_t start, cycles;

	/* The other side of turn_count_end. */
	do {
		start = __atomic_load_n(&thread->run_start, __ATOMIC_ACQUIRE);
		cycles = __atomic_load_n(&thread->run_cycles, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (start == THREAD_UNCLEAR ||
		 start != __atomic_load_n(&thread->run_start, __ATOMIC_RELAXED));
	if (start == THREAD_OFF)
		return cycles;

	/* Two cores' counters may differ by a little. */
	int64_t since = (int64_t)(cpu_tsc() - start);

	return since > 0 ? cycles + (uint64_t)since : cycles;
}

/*
 * What was said is said, and by the measure of then: only the rest goes by today's.
 * With the table's lock held.
 */
static uint64_t time_told(struct thread_told *told, uint64_t cycles)
{
	/* Two cores' counters may differ by a little. */
	if ((int64_t)(cycles - told->cycles) > 0) {
		told->ns += clock_cycles_to_ns(cycles - told->cycles);
		told->cycles = cycles;
	}
	return told->ns;
}

uint64_t thread_cpu_ns(struct thread *thread)
{
	lock_take(&table_lock);
	uint64_t ns = time_told(&thread->told, thread_cycles(thread));

	lock_drop(&table_lock);
	return ns;
}

uint64_t thread_cpu_ns_all(void)
{
	lock_take(&table_lock);
	uint64_t sum = buried_cycles;

	for (unsigned i = 0; i < LAYOUT_THREADS_MAX; i++)
		if (threads[i].state != THREAD_FREE)
			sum += thread_cycles(&threads[i]);

	uint64_t ns = time_told(&all_told, sum);

	lock_drop(&table_lock);
	return ns;
}

int thread_block(uint64_t deadline)
{
	return turn_block(deadline);
}

void thread_wake(struct thread *thread, int result)
{
	thread->wait_result = result;
	schedule_ready(thread);
}

/* Its deadline and a signal may both want to end a sleep, on two cores. */
static bool sleep_cancel(struct thread *thread)
{
	return __atomic_exchange_n(&thread->waiting, false, __ATOMIC_ACQ_REL);
}

int thread_sleep(uint64_t deadline)
{
	struct thread *self = thread_current();
	int ret;

	self->waiting = true;
	self->cancel = sleep_cancel;
	self->state = THREAD_BLOCKED;
	ret = thread_block(deadline);
	return ret == -ETIMEDOUT ? 0 : ret;
}

void thread_interrupt(struct thread *thread)
{
	/* Its work /before/ where it is: see signal_deliver and thread_resumed for the other side.
	 */
	cpu_fence();
	struct core *core = __atomic_load_n(&thread->core, __ATOMIC_RELAXED);

	if (core != core_self())
		core_kick(core);
}

static void self_move(struct core *core)
{
	struct thread *self = thread_current();

	vector_leave(self->core, self);
	schedule_sleeper_remove(self->core, self);
	self->state = THREAD_MOVING;
	self->core = core;
}

void thread_move(struct thread *thread, struct core *core)
{
	if (thread != thread_current()) {
		__atomic_store_n(&thread->destination, core, __ATOMIC_RELAXED);
		__atomic_fetch_or(&thread->work, THREAD_WORK_MOVE, __ATOMIC_SEQ_CST);
		thread_interrupt(thread);
	} else if (thread->core != core) {
		self_move(core);
		schedule();
	}
}

/* Asked by another thread, on the way out of the kernel. */
static void move_out(struct thread *self)
{
	__atomic_fetch_and(&self->work, ~THREAD_WORK_MOVE, __ATOMIC_SEQ_CST);

	struct core *core = __atomic_load_n(&self->destination, __ATOMIC_RELAXED);

	if (self->core == core)
		return;
	self_move(core);
	schedule_leave();
}

/*
 * From entry.S, on the core's CORE_SWITCH stack: the current thread goes on with
 * these registers, in its resume frame.
 */
void thread_resumed(struct regs *regs)
{
	struct thread *self = thread_current();
	uint32_t work;

	schedule_switched();
	while ((work = __atomic_load_n(&self->work, __ATOMIC_SEQ_CST))) {
		if (work & THREAD_WORK_MOVE)
			move_out(self);
		else if (work & THREAD_WORK_RETURN)
			signal_return(regs);
		else if (work & THREAD_WORK_SIGNAL)
			signal_deliver(regs);
		else
			schedule_preempt();
	}
}

void thread_upcall_end(const struct regs *regs)
{
	struct core *core = core_self();
	struct thread *self = core->current;

	if (self == &core->idle || !__atomic_load_n(&self->work, __ATOMIC_RELAXED))
		return;
	self->resume.regs = *regs;
	thread_leave_by(&self->resume.regs);
}

_Noreturn void thread_end(void)
{
	struct core *core = core_self();

	signal_end(core->current);
	schedule_sleeper_remove(core, core->current);
	core->vector_owner = NULL;
	core->current->state = THREAD_DEAD;
	schedule_leave();
}
