/* SPDX-License-Identifier: MIT */
/*
 * The scheduler of one thread's tasks: who can go on, in a queue; who waits, in
 * the set that the thread sleeps on when the queue is empty.
 */
#ifndef IPC_TASK_SCHEDULE_H
#define IPC_TASK_SCHEDULE_H

#include "ipc/set_member.h"
#include "ipc/task.h"
#include "ipc/task_fiber.h"

#define TASK_STACK_GUARD 4096 /* bytes below a stack */

struct task {
	void *sp; /* of a task that does not run; first: task_switch.S */
	/*
	 * The queue is a ring in which the task that runs is the first, and to yield is to
	 * let the next one be that. NULL: not in it. Of a task that is to be taken away,
	 * next leads to another such one.
	 */
	struct task *next, *before;
	struct task *older, *newer; /* of all */
	int (*run)(void *arg);
	void *arg;
	char *stack;                  /* its lowest page is the guard; NULL: the thread's own */
	size_t stack_bytes;           /* the guard not counted */
	unsigned number;              /* 1 and up, in the order of spawning */
	struct channel_member member; /* what it waits for */
	struct task *joiner;
	int result;
	bool blocked, ended, cancelled, detached;
	struct task_fiber fiber;
};

struct task_scheduler {
	struct channel_set set; /* of the waiting tasks; a tag is a task */
	struct task *current; /* who runs; NULL while one leaves that is not to have another turn */
	struct task *left;    /* that one */
	struct task *head;    /* of the ring meanwhile; NULL: nobody can go on */
	struct task *graves;  /* ended and detached, to be taken away off their stacks */
	struct task first;
	unsigned count; /* tasks, the first one too */
	unsigned spawned;
	unsigned turns; /* until the next look at the set */
	bool stopping;  /* those that waited for ever were told */
};

/* The calling thread's; NULL where it has spawned no task. */
extern _Thread_local struct task_scheduler *task_scheduler;

/*
 * task_switch.S: leave `from`, and go on with `to`; who comes back to `from` is told whom
 * it was that left. A new task's stack is made so that the first switch to it comes to
 * task_begin, and that calls task_main.
 */
struct task *task_switch(struct task *from, struct task *to);
void task_begin(void);
_Noreturn void task_main(struct task *t, struct task *left);

/* Leave the calling task, which is no longer in the ring unless it is to have another turn. */
static inline void task_go(struct task *from, struct task *to)
{
	struct task *left;

	task_fiber_leave(&from->fiber, &to->fiber, from->ended);
	left = task_switch(from, to);
	task_fiber_arrive(&left->fiber, &from->fiber);
}

/* The task can go on. */
void task_ready(struct task_scheduler *s, struct task *t);

/*
 * Wait for another task to call task_ready, or for the attempt, if that is not
 * NULL, or for the deadline. The attempt's answer, CHANNEL_AGAIN without one or
 * behind the deadline, CHANNEL_CANCELLED, CHANNEL_STOPPING or CHANNEL_CLOSED.
 */
enum channel_status task_block(struct task_scheduler *s, const struct endpoint_attempt *attempt,
			       uint64_t deadline);

/* Go on with the next task that can; the calling one is blocked, or has ended. */
void task_leave(struct task_scheduler *s);

/* What task_yield leaves over: when it is alone, and once in some turns. */
void task_yield_slow(struct task_scheduler *s);

/* On the stack of another task: take away those that have ended for good. */
void task_reap(struct task_scheduler *s);

/*
 * The calling thread is about to end: its tasks are taken away, wherever they stand,
 * and its bell is given back. All but a stack that the caller itself is on.
 */
void task_scheduler_end(void);

/*
 * A task with a stack of so many bytes, whole pages, and an inaccessible page below it;
 * all else is 0. NULL where there is no memory.
 */
struct task *task_stack_make(size_t bytes);
void task_stack_free(struct task *t);

#endif
