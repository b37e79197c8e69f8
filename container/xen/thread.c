/* SPDX-License-Identifier: MIT */
/*
 * Threads and the scheduler: see thread.h.
 */
#include "container/xen/asm.h"
#include "container/xen/clock.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/futex.h"
#include "container/xen/panic.h"
#include "container/xen/string.h"
#include "container/xen/thread.h"
#include "container/xen/vector.h"

#include <asm/errno.h>

void thread_switch(uint64_t *save_rsp, uint64_t load_rsp);
void thread_resume(void);
void thread_resumed(struct regs *regs);

static struct lock table_lock; /* covers allocation of slots */
static struct thread threads[LAYOUT_THREADS_MAX];

struct thread *thread_current(void)
{
	return core_self()->current;
}

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
		found->state = THREAD_BLOCKED;
	}
	lock_drop(&table_lock);
	return found;
}

struct thread *thread_new(struct core *core, const struct regs *regs, uint64_t fs_base)
{
	struct thread *thread = slot_take();

	if (!thread)
		return NULL;
	thread->resume = (struct thread_resume){.entry = (uint64_t)thread_resume, .regs = *regs};
	thread->rsp = (uint64_t)&thread->resume;
	thread->fs_base = fs_base;
	thread->core = core;
	vector_inherit(thread);
	signal_begin(thread, thread_current());
	return thread;
}

static void queue_push(struct core *core, struct thread *thread)
{
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

/* Make a thread ready; tell its core if that sleeps. */
static void ready(struct thread *thread)
{
	struct core *core = thread->core;

	lock_take(&core->lock);
	thread->state = THREAD_READY;
	queue_push(core, thread);
	bool kick = core->halted && core != core_self();

	lock_drop(&core->lock);
	if (kick)
		core_kick(core);
}

void thread_start(struct thread *thread)
{
	ready(thread);
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

/* Make the next ready thread the core's current one. */
static struct thread *next_take(struct core *core)
{
	lock_take(&core->lock);
	struct thread *next = queue_pop(core);

	if (!next)
		next = &core->idle;
	next->state = THREAD_RUNNING;
	lock_drop(&core->lock);
	core->current = next;
	return next;
}

/* What becomes of the thread that a core leaves is done behind the switch, off its stack. */
static void depart(struct core *core, struct thread *prev)
{
	if (prev->state == THREAD_DEAD || prev->state == THREAD_MOVING)
		core->departed = prev;
}

static void sched_switched(void);

/* Run the next ready thread; the caller has said by its state what becomes of it. */
static void reschedule(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;
	struct thread *next = next_take(core);

	if (next == prev)
		return;
	depart(core, prev);
	switch_to(core, prev, next, &prev->rsp);
	sched_switched();
}

/* The same for a thread that goes on by its resume frame, if ever: returns to nowhere. */
static _Noreturn void leave(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;
	uint64_t unused;

	prev->resume.entry = (uint64_t)thread_resume;
	prev->rsp = (uint64_t)&prev->resume;
	depart(core, prev);
	switch_to(core, prev, next_take(core), &unused);
	panic("a thread ran where it had left");
}

static void bury(struct thread *thread)
{
	uint32_t *word = thread->clear_tid;

	/* The slot first: whoever waits for the word may start a thread at once. */
	lock_take(&table_lock);
	thread->state = THREAD_FREE;
	lock_drop(&table_lock);
	if (word) {
		__atomic_store_n(word, 0, __ATOMIC_RELEASE);
		futex_wake(word, 1, UINT32_MAX);
	}
}

/*
 * Every path behind a switch comes here, on the new stack: only now may what
 * was left behind be used by others, its stack above all.
 */
static void sched_switched(void)
{
	struct core *core = core_self();
	struct thread *departed = core->departed;

	if (!departed)
		return;
	core->departed = NULL;
	if (departed->state == THREAD_DEAD)
		bury(departed);
	else
		ready(departed);
}

static void timer_set(struct core *core)
{
	uint64_t deadline = core->sleepers ? core->sleepers->deadline : THREAD_FOREVER;

	if (deadline == core->timer)
		return;
	core->timer = deadline;
	if (deadline == THREAD_FOREVER)
		clock_timer_stop(core->id);
	else
		clock_timer_set(core->id, deadline);
}

static void sleeper_add(struct core *core, struct thread *thread, uint64_t deadline)
{
	struct thread **at = &core->sleepers;

	while (*at && (*at)->deadline <= deadline)
		at = &(*at)->sleep_next;
	thread->deadline = deadline;
	thread->sleep_next = *at;
	*at = thread;
	timer_set(core);
}

/* Take a thread off the list if it is still there. */
static void sleeper_remove(struct core *core, struct thread *thread)
{
	for (struct thread **at = &core->sleepers; *at; at = &(*at)->sleep_next) {
		if (*at != thread)
			continue;
		*at = thread->sleep_next;
		break;
	}
}

void thread_expire(void)
{
	struct core *core = core_self();
	struct thread *thread;

	core->timer = THREAD_FOREVER;
	while ((thread = core->sleepers) && thread->deadline <= clock_now()) {
		core->sleepers = thread->sleep_next;
		if (thread->cancel(thread))
			thread_wake(thread, -ETIMEDOUT);
	}
	timer_set(core);
}

int thread_block(uint64_t deadline)
{
	struct core *core = core_self();
	struct thread *self = core->current;

	/* Where a waker has been quicker than cancel, this thread is in the queue already. */
	if (!signal_wait_begin() && self->cancel(self)) {
		self->state = THREAD_RUNNING;
		return -EINTR;
	}
	if (deadline != THREAD_FOREVER)
		sleeper_add(core, self, deadline);
	reschedule();
	if (deadline != THREAD_FOREVER)
		sleeper_remove(core, self);
	signal_wait_end();
	return self->wait_result;
}

void thread_wake(struct thread *thread, int result)
{
	thread->wait_result = result;
	ready(thread);
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

void thread_yield(void)
{
	struct core *core = core_self();

	if (!core->queue_head)
		return;
	ready(core->current);
	reschedule();
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
		reschedule();
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
	leave();
}

/*
 * From entry.S, on the core's CORE_SWITCH stack: the current thread goes on with
 * these registers, in its resume frame.
 */
void thread_resumed(struct regs *regs)
{
	struct thread *self = thread_current();
	uint32_t work;

	sched_switched();
	while ((work = __atomic_load_n(&self->work, __ATOMIC_SEQ_CST))) {
		if (work & THREAD_WORK_MOVE)
			move_out(self);
		else if (work & THREAD_WORK_RETURN)
			signal_return(regs);
		else
			signal_deliver(regs);
	}
}

/* Is this code above the system call line? Nothing else runs with interrupts on but a halt. */
static bool is_above(const struct core *core, const struct regs *regs)
{
	return (regs->rflags & RFLAGS_IF) && core->current != &core->idle;
}

void thread_upcall_end(const struct regs *regs)
{
	struct core *core = core_self();
	struct thread *self = core->current;

	if (!is_above(core, regs) || !__atomic_load_n(&self->work, __ATOMIC_RELAXED))
		return;
	self->resume.regs = *regs;
	thread_leave_by(&self->resume.regs);
}

_Noreturn void thread_end(void)
{
	struct core *core = core_self();

	signal_end(core->current);
	core->vector_owner = NULL;
	core->current->state = THREAD_DEAD;
	leave();
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
		reschedule();
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
