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

struct task {
	void *sp;                   /* of a task that does not run */
	struct task *next;          /* in the queue */
	struct task *older, *newer; /* of all */
	int (*run)(void *arg);
	void *arg;
	uint64_t *stack;              /* its lowest words are the canary; NULL: the thread's own */
	struct channel_member member; /* what it waits for */
	struct task *joiner;
	int result;
	bool blocked, ended, cancelled, detached;
	struct task_fiber fiber;
};

struct task_scheduler {
	struct channel_set set; /* of the waiting tasks; a tag is a task */
	struct task *current;
	struct task *left;         /* from which the thread came here */
	struct task *head, **tail; /* who can go on */
	struct task first;
	unsigned count; /* tasks, the first one too */
	unsigned turns; /* until the next look at the set */
	bool stopping;  /* those that waited for ever were told */
};

/* The calling thread's; NULL where it has spawned no task. */
extern _Thread_local struct task_scheduler *task_scheduler;

void task_switch(void **kept, void *to);
void task_begin(void);
_Noreturn void task_main(struct task *t);

/* The task can go on. */
void task_ready(struct task_scheduler *s, struct task *t);

/*
 * Wait for another task to call task_ready, or for the attempt, if that is not
 * NULL, or for the deadline. The attempt's answer, CHANNEL_AGAIN without one or
 * behind the deadline, CHANNEL_CANCELLED, CHANNEL_STOPPING or CHANNEL_CLOSED.
 */
enum channel_status task_block(struct task_scheduler *s, const struct endpoint_attempt *attempt,
			       uint64_t deadline);

/* Go on with the next task that can; the calling one is in the queue, or blocked, or ended. */
void task_leave(struct task_scheduler *s);

/* On the stack of another task: take away the one left, if it has ended for good. */
void task_reap(struct task_scheduler *s);

/* Abort when the task has written over the end of its stack. */
void task_stack_check(const struct task *t);

#endif
