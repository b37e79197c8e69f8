/* SPDX-License-Identifier: MIT */
/*
 * Threads and the scheduler.
 *
 * A thread belongs to one core and runs only there; it moves when it asks to.
 * A core runs the thread at the head of its queue until that thread waits,
 * yields or ends, and halts when nothing is ready. Interrupts are off in all of
 * the kernel, so a core's own fields need no lock against itself.
 */
#ifndef XEN_THREAD_H
#define XEN_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#define THREAD_NAME_SIZE 16
#define THREAD_FOREVER UINT64_MAX

struct core;
struct regs;

enum thread_state {
	THREAD_FREE,    /* slot unused */
	THREAD_READY,   /* in its core's queue */
	THREAD_RUNNING, /* its core's current */
	THREAD_BLOCKED, /* waits for thread_wake */
	THREAD_MOVING,  /* on its way to another core */
	THREAD_DEAD,    /* never runs again; its slot is freed off its stack */
};

struct thread {
	/* Its core only. */
	uint64_t rsp;      /* while it does not run */
	uint64_t fs_base;  /* likewise */
	void *vector;      /* XSAVE area; stale while its core's vector_owner is this thread */
	uint64_t deadline; /* clock_now() at which it gives up waiting */
	struct thread *sleep_next;
	uint32_t *clear_tid; /* zeroed, and waiters woken, at the end */
	char name[THREAD_NAME_SIZE];
	int id; /* 1 and up, set at birth */

	/* Under its core's lock; state is also set by the thread itself before it leaves. */
	enum thread_state state;
	struct thread *queue_next;
	struct core *core; /* changed only by the thread itself, while MOVING */

	/*
	 * Set by the thread before it blocks, under the lock of what it waits
	 * for; cancel takes it off that wait and says whether it was still on it.
	 */
	bool (*cancel)(struct thread *thread);
	struct thread *wait_next;
	uint32_t *wait_word;
	uint32_t wait_bits;
	bool waiting;
	int wait_result;
};

/* Before the first thread. */
void thread_init(void);

/*
 * A new thread on `core` that starts with these registers, built on the stack
 * that regs->rsp names; NULL where LAYOUT_THREADS_MAX are alive. It does not
 * run before thread_start.
 */
struct thread *thread_new(struct core *core, const struct regs *regs, uint64_t fs_base);
void thread_start(struct thread *thread);

struct thread *thread_current(void);

/*
 * Wait until thread_wake or, with -ETIMEDOUT, until clock_now() is deadline.
 * The caller has set cancel and state = THREAD_BLOCKED under the lock that its
 * waker takes, and dropped that lock. Returns wait_result.
 */
int thread_block(uint64_t deadline);

/* End the wait of a thread that the caller has just taken off what it waited for. */
void thread_wake(struct thread *thread, int result);

/* Sleep until clock_now() is deadline. */
void thread_sleep(uint64_t deadline);

/* Let the other ready threads of this core run first. */
void thread_yield(void);

/* Go on on another core. */
void thread_move(struct core *core);

/* End the current thread. */
_Noreturn void thread_end(void);

/* Wake the threads of this core whose deadline is past; set the timer for the rest. */
void thread_expire(void);

/* What a core does when it has nothing else; never returns. */
_Noreturn void thread_idle(void);

#endif
