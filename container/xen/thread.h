/* SPDX-License-Identifier: MIT */
/*
 * Threads.
 *
 * A thread belongs to one core and runs only there; it moves when it is asked to.
 * The threads of a core take turns (schedule.h); it halts when none is ready.
 * Interrupts are off in all of the kernel, so a core's own fields need no lock
 * against itself.
 */
#ifndef XEN_THREAD_H
#define XEN_THREAD_H

#include "container/xen/asm.h"
#include "container/xen/signal.h"

#include <stdbool.h>
#include <stdint.h>

#define THREAD_NAME_SIZE 16
#define THREAD_FOREVER UINT64_MAX

/* thread->run_start of one that has no core, and while run_cycles changes. */
#define THREAD_OFF UINT64_MAX
#define THREAD_UNCLEAR (UINT64_MAX - 1)

struct core;

enum thread_state {
	THREAD_FREE,    /* slot unused */
	THREAD_READY,   /* in its core's queue */
	THREAD_RUNNING, /* its core's current */
	THREAD_BLOCKED, /* waits for thread_wake */
	THREAD_MOVING,  /* on its way to another core */
	THREAD_DEAD,    /* never runs again; its slot is freed off its stack */
};

/* What a thread has to do before it goes on above the system call line; bits of thread->work. */
#define THREAD_WORK_SIGNAL 1u  /* signal_deliver */
#define THREAD_WORK_RETURN 2u  /* signal_return */
#define THREAD_WORK_MOVE 4u    /* go to thread->destination */
#define THREAD_WORK_PREEMPT 8u /* schedule_preempt */

/* Where a thread goes on that has no frame of the kernel: thread_switch pops it, from rsp. */
struct thread_resume {
	uint64_t entry; /* thread_resume */
	struct regs regs;
};

/* CPU time as it was last asked for. */
struct thread_told {
	uint64_t cycles, ns;
};

struct thread {
	/* Any core, atomically. */
	uint32_t work;

	/* Its core only. */
	bool is_placed;   /* was put on a core; to leave that one is to stray */
	uint64_t rsp;     /* while it does not run */
	uint64_t fs_base; /* likewise */
	struct thread_resume resume;
	struct {
		bool is_dead; /* of its vector state only these matter, and only while it waits */
		uint32_t mxcsr;
		uint16_t control;
	} vector;
	uint64_t deadline;         /* clock_now() at which it gives up waiting */
	struct thread *sleep_next; /* of the core's sleepers, while `listed` */
	bool listed, timed;        /* it waits for that deadline */
	uint32_t *clear_tid;       /* zeroed, and waiters woken, at the end */
	char name[THREAD_NAME_SIZE];
	int id; /* 1 and up, set at birth */

	/* CPU time; written by its core only, read by all: see turn_count_begin. */
	uint64_t run_start;  /* cycles, when it got the core; or one of the two below */
	uint64_t run_cycles; /* that it had before */

	/*
	 * Under its core's lock; state is also set by the thread itself before it leaves, and
	 * by its core without the lock from when it is core->handed until it runs.
	 */
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

	struct core *destination; /* any core, atomically */
	struct thread_told told;  /* under the table's lock */

	/* Outlives the thread: whoever sends a signal may come late. */
	struct signal_state signals;
};

/*
 * A new thread on `core` that starts with these registers, built on the stack
 * that regs->rsp names; NULL where LAYOUT_THREADS_MAX are alive. It does not
 * run before thread_start.
 */
struct thread *thread_new(struct core *core, const struct regs *regs, uint64_t fs_base);
void thread_start(struct thread *thread);

static inline struct thread *thread_current(void)
{
	struct thread *current;

	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(current) : "i"(CORE_CURRENT));
	return current;
}

/* The thread with this number, alive or not; NULL where no thread can have it. */
struct thread *thread_by_id(int id);

/* Have a thread that got work to do look at it soon, wherever it runs. */
void thread_interrupt(struct thread *thread);

/* Leave the kernel for these registers, once the current thread's work is done. In entry.S. */
_Noreturn void thread_leave_by(struct regs *regs);

/* Let it go on by its resume frame when it has its turn again. */
void thread_resume_set(struct thread *thread);

/* Time that the thread has had a core, the kernel's work for it included; and that all had. */
uint64_t thread_cpu_ns(struct thread *thread);
uint64_t thread_cpu_ns_all(void);

/*
 * Wait until thread_wake or, with -ETIMEDOUT, until clock_now() is deadline, or,
 * with -EINTR, until a signal is due. The caller has set cancel and state =
 * THREAD_BLOCKED under the lock that its waker takes, and dropped that lock.
 * Returns wait_result.
 */
int thread_block(uint64_t deadline);

/* End the wait of a thread that the caller has just taken off what it waited for. */
void thread_wake(struct thread *thread, int result);

/* Sleep until clock_now() is deadline: 0; or until a signal is due: -EINTR. */
int thread_sleep(uint64_t deadline);

/* Let the other ready threads of this core run first. */
void thread_yield(void);

/* Go on on another core; a thread that is not the current one does so once it has run. */
void thread_move(struct thread *thread, struct core *core);

/* End the current thread; its core calls thread_bury once it is off its stack. */
_Noreturn void thread_end(void);
void thread_bury(struct thread *thread);

/* The last of an upcall of code with these registers; leaves by its work where it has any. */
void thread_upcall_end(const struct regs *regs);

/* What a core does when it has nothing else; never returns. */
_Noreturn void thread_idle(void);

#endif
