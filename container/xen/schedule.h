/* SPDX-License-Identifier: MIT */
/*
 * What a core runs next: for thread.c and the entries into the kernel. What
 * others may ask of the scheduler is in thread.h.
 *
 * Threads of a core take turns. One keeps the core until it waits, yields or
 * ends, or, while another is ready, until its slice of SCHEDULE_SLICE is over and
 * it is above the system call line. The timer is only set for a slice while
 * another is ready: a thread alone on its core is never disturbed.
 */
#ifndef XEN_SCHEDULE_H
#define XEN_SCHEDULE_H

#include "container/xen/clock.h"

#define SCHEDULE_SLICE (CLOCK_SECOND / 100) /* ns */

struct core;
struct thread;

/* Put a thread at the end of its core's queue, and see to it that it gets its turn. */
void schedule_ready(struct thread *thread);

/*
 * Run the next ready thread; the caller has said by its state what becomes of
 * the current one. Returns when that has its turn again.
 */
void schedule(void);

/* The same for a thread that will go on by its resume frame, if ever. */
_Noreturn void schedule_leave(void);

/* Behind every switch, on the new stack, before anything else. */
void schedule_switched(void);

/* The current thread, on its way out of the kernel, has had its slice. */
void schedule_preempt(void);

/* The timer's event. */
void schedule_timer(void);

/* Others wait for this core: see to it that its current thread does not keep it too long. */
void schedule_watch(struct core *core);

/* Another core made a thread ready here. */
void schedule_kicked(void);

/*
 * Let the timer wake a thread of this core that is about to wait, as long as it is
 * `timed`; and forget about it, before it ends or leaves the core.
 */
void schedule_sleeper_add(struct core *core, struct thread *thread, uint64_t deadline);
void schedule_sleeper_remove(struct core *core, struct thread *thread);

#endif
