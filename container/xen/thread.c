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

#include <asm/errno.h>

#define VECTOR_AREA_SIZE 1024 /* x87, SSE and AVX need 832 */

void thread_switch(uint64_t *save_rsp, uint64_t load_rsp);
void thread_enter(void);
void sched_switched(void);

static struct lock table_lock; /* covers allocation of slots */
static struct thread threads[LAYOUT_THREADS_MAX];
static uint8_t vector_areas[LAYOUT_THREADS_MAX][VECTOR_AREA_SIZE] __attribute__((aligned(64)));

void thread_init(void)
{
	if (core_vector_size() > VECTOR_AREA_SIZE)
		panic("vector state is %u bytes; at most %u are kept", core_vector_size(),
		      VECTOR_AREA_SIZE);
}

struct thread *thread_current(void)
{
	return core_self()->current;
}

static struct thread *slot_take(void)
{
	struct thread *found = NULL;

	lock_take(&table_lock);
	for (unsigned i = 0; i < LAYOUT_THREADS_MAX && !found; i++) {
		if (threads[i].state != THREAD_FREE)
			continue;
		found = &threads[i];
		*found = (struct thread){
			.id = (int)i + 1,
			.vector = vector_areas[i],
			.state = THREAD_BLOCKED,
		};
	}
	lock_drop(&table_lock);
	return found;
}

/* What thread_switch pops on the way into thread_enter. */
struct first_frame {
	uint64_t callee_saved[6];
	uint64_t entry;
	struct regs regs;
};

struct thread *thread_new(struct core *core, const struct regs *regs, uint64_t fs_base)
{
	struct thread *thread = slot_take();

	if (!thread)
		return NULL;

	struct first_frame *frame =
		(struct first_frame *)((regs->rsp & ~UINT64_C(15)) - sizeof(*frame));

	*frame = (struct first_frame){.entry = (uint64_t)thread_enter, .regs = *regs};
	thread->rsp = (uint64_t)frame;
	thread->fs_base = fs_base;
	thread->core = core;
	/* A new thread has its parent's rounding modes, and no other vector state that matters. */
	cpu_vector_save(thread->vector);
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

/*
 * The vector registers keep the state of the last thread that ran here until
 * another one comes: a thread that sleeps and wakes on an idle core pays nothing.
 */
static void vector_switch(struct core *core, struct thread *next)
{
	if (core->vector_owner == next)
		return;
	if (core->vector_owner)
		cpu_vector_save(core->vector_owner->vector);
	cpu_vector_load(next->vector);
	core->vector_owner = next;
}

static void switch_to(struct core *core, struct thread *prev, struct thread *next)
{
	if (prev != &core->idle)
		prev->fs_base = cpu_fs_base();
	if (next != &core->idle) {
		vector_switch(core, next);
		cpu_fs_base_set(next->fs_base);
	}
	thread_switch(&prev->rsp, next->rsp);
}

/* Run the next ready thread; the caller has said by its state what becomes of it. */
static void reschedule(void)
{
	struct core *core = core_self();
	struct thread *prev = core->current;

	lock_take(&core->lock);
	struct thread *next = queue_pop(core);

	if (!next)
		next = &core->idle;
	next->state = THREAD_RUNNING;
	lock_drop(&core->lock);
	core->current = next;
	if (next == prev)
		return;
	if (prev->state == THREAD_DEAD || prev->state == THREAD_MOVING)
		core->departed = prev;
	switch_to(core, prev, next);
	sched_switched();
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
void sched_switched(void)
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

	if (deadline != THREAD_FOREVER)
		sleeper_add(core, self, deadline);
	reschedule();
	if (deadline != THREAD_FOREVER)
		sleeper_remove(core, self);
	return self->wait_result;
}

void thread_wake(struct thread *thread, int result)
{
	thread->wait_result = result;
	ready(thread);
}

static bool sleep_cancel(struct thread *thread)
{
	(void)thread;
	return true;
}

void thread_sleep(uint64_t deadline)
{
	struct thread *self = thread_current();

	self->cancel = sleep_cancel;
	self->state = THREAD_BLOCKED;
	thread_block(deadline);
}

void thread_yield(void)
{
	struct core *core = core_self();

	if (!core->queue_head)
		return;
	ready(core->current);
	reschedule();
}

/* Drop a thread's vector state from the registers of its core, saving it. */
static void vector_leave(struct core *core, struct thread *thread)
{
	if (core->vector_owner != thread)
		return;
	cpu_vector_save(thread->vector);
	core->vector_owner = NULL;
}

void thread_move(struct core *core)
{
	struct thread *self = thread_current();

	if (self->core == core)
		return;
	vector_leave(self->core, self);
	self->state = THREAD_MOVING;
	self->core = core;
	reschedule();
}

_Noreturn void thread_end(void)
{
	struct core *core = core_self();

	core->vector_owner = NULL;
	core->current->state = THREAD_DEAD;
	reschedule();
	panic("a dead thread ran");
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
