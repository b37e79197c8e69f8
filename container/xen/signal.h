/* SPDX-License-Identifier: MIT */
/*
 * Signals, with Linux's meaning and its layouts (signal(7), sigaction(2)).
 *
 * A signal waits in its thread's `pending` until the thread leaves the kernel,
 * or is taken out of a wait to leave it. One that waits already is not sent
 * again: there are no queues and no values, for real-time signals either. One
 * sent to the process goes to the first thread that does not block it, the
 * container's main thread before all others.
 */
#ifndef XEN_SIGNAL_H
#define XEN_SIGNAL_H

#include "container/xen/lock.h"

#include <asm/signal.h>
#include <stdbool.h>
#include <stdint.h>

#define SIGNAL_MAX 64

/* What a call that a signal ended answers inside the kernel; its caller sees EINTR, or nothing. */
#define ERESTARTSYS 512

struct regs;
struct thread;

struct signal_state {
	struct lock lock; /* covers what follows, and keeps a wait from ending while it is ended */
	bool alive;       /* may be sent signals */
	bool waits;       /* thread->cancel may be called: see thread_block */
	uint64_t pending;
	uint64_t by_thread; /* those of pending that tgkill sent */
	uint64_t mask;      /* blocked; changed only by the thread itself */

	/* The thread itself only. */
	uint64_t mask_before; /* comes back behind sigsuspend, while that is in force */
	bool suspended;
	stack_t stack;    /* sigaltstack; ss_size 0: none */
	long interrupted; /* number of the call that has answered ERESTARTSYS, or -1 */
};

/* A copy of what the process does about a signal. */
struct sigaction signal_action(int signal);

/* Set it, unless action is NULL; what it was in *before, unless that is NULL. 0 or -EINVAL. */
int signal_action_set(int signal, const struct sigaction *action, struct sigaction *before);

/* A thread begins, with its parent's mask; a thread ends, and is sent no more. */
void signal_begin(struct thread *thread, const struct thread *parent);
void signal_end(struct thread *thread);

/* Block exactly these; what is pending and no longer blocked comes before the code goes on. */
void signal_mask_set(uint64_t mask);

/* Send to one thread. 0, -ESRCH, -EINVAL. Signal 0 only asks. */
int signal_post(int id, int signal);

/* Send to the process; also from an event's handler. */
void signal_post_process(int signal);

/*
 * The three below change the stack of the code with these registers, and so run
 * on one of the core's.
 *
 * Deliver what is due to the current thread, which is about to go on with these
 * registers: they become those of the handler.
 */
void signal_deliver(struct regs *regs);

/* A handler has returned with these registers: they become those from before it. */
void signal_return(struct regs *regs);

/*
 * The code with these registers made a fault. False if no handler is there for
 * it, or it is blocked.
 */
bool signal_fault(struct regs *regs, int signal, int code, uint64_t addr);

#endif
