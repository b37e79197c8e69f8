/* SPDX-License-Identifier: MIT */
/*
 * Tasks: cooperative threads of control within one thread of a component.
 *
 * A task runs until it yields, ends, or makes a call of channel.h, or one of
 * these, that has to wait; then another one of its thread goes on. The thread
 * sleeps only while none of its tasks can. What a thread runs by itself is a
 * task, too: the first one. When the thread ends, all are gone, with their stacks,
 * wherever they stand.
 *
 * No task moves to another thread, and these calls are for tasks of the same
 * thread. A wait for ever answers CHANNEL_STOPPING once the component was asked to
 * stop, as in channel.h. channel_set_wait of set.h, and system calls that wait,
 * nanosleep for one, hold up the whole thread.
 */
#ifndef IPC_TASK_H
#define IPC_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/channel.h"

#define TASK_STACK_DEFAULT (60 << 10)
#define TASK_STACK_MIN (8 << 10)

struct task;

/*
 * A new task, which calls run(arg) when its turn comes. Its stack, of so many
 * bytes (0: TASK_STACK_DEFAULT; less than TASK_STACK_MIN is taken for that; whole
 * pages), is taken from the component's heap, and so is a page below it that allows
 * no access: an overflow is a fault, and the component's end. NULL with errno
 * ENOMEM, ENOSPC (the thread has CHANNEL_SET_MAX of set.h, the first one too), or as
 * channel_set_new says. To be joined or detached, or it is kept as
 * long as the thread.
 */
struct task *task_spawn(int (*run)(void *arg), void *arg, size_t stack_bytes);

/* The calling task; NULL on a thread that has spawned none. */
struct task *task_self(void);

/* Let all others that can go on do so first. */
void task_yield(void);

/*
 * Wait until the task has ended, and take it away. *result, if result is not NULL,
 * is what run returned. Otherwise CHANNEL_AGAIN when the deadline is past first,
 * CHANNEL_CANCELLED when the caller is cancelled, CHANNEL_STOPPING, or
 * CHANNEL_MISUSE: another task waits for it, or it is the caller, the first one or
 * detached.
 */
enum channel_status task_join(struct task *t, uint64_t deadline, int *result);

/* Nobody joins the task: it is taken away when it ends. Not for the first one. */
void task_detach(struct task *t);

/*
 * Have every call of the task that would wait answer CHANNEL_CANCELLED from now on,
 * the one that it may be in, too. It ends by its own doing.
 */
void task_cancel(struct task *t);
bool task_cancelled(void);

/*
 * Wait for the deadline: CHANNEL_OK, CHANNEL_CANCELLED or CHANNEL_STOPPING.
 * CHANNEL_MISUSE on a thread that has spawned no task.
 */
enum channel_status task_sleep(uint64_t deadline);

#endif
