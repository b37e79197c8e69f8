/* SPDX-License-Identifier: MIT */
/*
 * Signals: who gets one, and what becomes of it; see signal.h.
 */
#include "container/xen/core.h"
#include "container/xen/panic.h"
#include "container/xen/signal.h"
#include "container/xen/signal_frame.h"
#include "container/xen/sys.h"

#include <asm/errno.h>

#define BIT(signal) (UINT64_C(1) << ((signal)-1))
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP))
/* To ask a process to end: its status then is 128 and the signal's number, as a shell says it. */
#define ASKS_TO_END (BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGHUP))
/* There is no terminal that would stop a process and nobody to continue it. */
#define IGNORED                                                                                    \
	(BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGCONT) | BIT(SIGSTOP) | BIT(SIGTSTP) | \
	 BIT(SIGTTIN) | BIT(SIGTTOU))

static struct lock action_lock; /* covers actions */
static struct sigaction actions[SIGNAL_MAX];
static uint64_t process_pending; /* sent to the process while every thread blocked them */

struct sigaction signal_action(int signal)
{
	lock_take(&action_lock);
	struct sigaction action = actions[signal - 1];

	lock_drop(&action_lock);
	return action;
}

int signal_action_set(int signal, const struct sigaction *action, struct sigaction *before)
{
	if (signal < 1 || signal > SIGNAL_MAX || (action && (BIT(signal) & NEVER_BLOCKED)))
		return -EINVAL;

	lock_take(&action_lock);
	struct sigaction was = actions[signal - 1];

	if (action)
		actions[signal - 1] = *action;
	lock_drop(&action_lock);
	if (before)
		*before = was;
	return 0;
}

static bool is_ignored(int signal, const struct sigaction *action)
{
	return action->sa_handler == SIG_IGN ||
	       (action->sa_handler == SIG_DFL && (BIT(signal) & IGNORED));
}

void signal_begin(struct thread *thread, const struct thread *parent)
{
	struct signal_state *state = &thread->signals;

	lock_take(&state->lock);
	state->pending = state->by_thread = 0;
	state->mask = parent->signals.mask;
	state->suspended = state->waits = false;
	state->stack = (stack_t){0};
	state->interrupted = -1;
	state->alive = true;
	lock_drop(&state->lock);
}

void signal_end(struct thread *thread)
{
	lock_take(&thread->signals.lock);
	thread->signals.alive = false;
	lock_drop(&thread->signals.lock);
}

/* Tell a thread that something is due; true if it was waiting and is on its way now. */
static bool alert(struct thread *thread)
{
	struct signal_state *state = &thread->signals;

	__atomic_fetch_or(&thread->work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	if (!state->waits || !thread->cancel(thread))
		return false;
	thread_wake(thread, -EINTR);
	return true;
}

/* With the thread's lock held. True if its core has to be told. */
static bool pend(struct thread *thread, int signal, bool by_thread)
{
	struct signal_state *state = &thread->signals;

	state->pending |= BIT(signal);
	if (by_thread)
		state->by_thread |= BIT(signal);
	return !(state->mask & BIT(signal)) && !alert(thread);
}

int signal_post(int id, int signal)
{
	struct thread *thread = thread_by_id(id);

	if (signal < 0 || signal > SIGNAL_MAX)
		return -EINVAL;
	if (!thread)
		return -ESRCH;

	bool kick = false;

	lock_take(&thread->signals.lock);
	bool alive = thread->signals.alive;

	if (alive && signal)
		kick = pend(thread, signal, true);
	lock_drop(&thread->signals.lock);
	if (kick)
		thread_interrupt(thread);
	return alive ? 0 : -ESRCH;
}

/* Give what waits for any thread to this one, if it takes it. True if its core has to be told. */
static bool claim(struct thread *thread)
{
	struct signal_state *state = &thread->signals;
	bool kick = false;

	if (!state->alive)
		return false;

	uint64_t wanted = __atomic_load_n(&process_pending, __ATOMIC_SEQ_CST) & ~state->mask;
	uint64_t got = __atomic_fetch_and(&process_pending, ~wanted, __ATOMIC_SEQ_CST) & wanted;

	for (; got; got &= got - 1)
		kick |= pend(thread, __builtin_ctzll(got) + 1, false);
	return kick;
}

void signal_post_process(int signal)
{
	struct thread *thread;

	/* S1 (pairs with S2): offer it /before/ looking at masks. */
	__atomic_fetch_or(&process_pending, BIT(signal), __ATOMIC_SEQ_CST);
	for (int id = 1; (thread = thread_by_id(id)); id++) {
		lock_take(&thread->signals.lock);
		bool kick = claim(thread);

		lock_drop(&thread->signals.lock);
		if (kick)
			thread_interrupt(thread);
	}
}

void signal_mask_set(uint64_t mask)
{
	struct thread *self = thread_current();
	struct signal_state *state = &self->signals;

	lock_take(&state->lock);
	state->mask = mask & ~NEVER_BLOCKED;
	/* S2 (pairs with S1): the mask /before/ looking at what is on offer. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	claim(self);
	if (state->pending & ~state->mask)
		__atomic_fetch_or(&self->work, THREAD_WORK_SIGNAL, __ATOMIC_RELAXED);
	lock_drop(&state->lock);
}

/* Take the next signal that is due; 0 if none is. */
static int next_due(struct signal_state *state, bool *by_thread)
{
	lock_take(&state->lock);
	uint64_t due = state->pending & ~state->mask;
	uint64_t first = due & -due;

	*by_thread = state->by_thread & first;
	state->pending &= ~first;
	state->by_thread &= ~first;
	lock_drop(&state->lock);
	return due ? __builtin_ctzll(due) + 1 : 0;
}

static _Noreturn void end_by(struct regs *regs, int signal)
{
	if (BIT(signal) & ASKS_TO_END)
		guest_end(128 + signal);
	if (signal == SIGABRT)
		panic_regs(regs, "aborted");
	panic_regs(regs, "raised signal %d", signal);
}

/* A call that a signal took out of its wait fails, or is made again behind the handler. */
static void call_settle(struct regs *regs, bool again)
{
	struct signal_state *state = &thread_current()->signals;

	if (state->interrupted < 0)
		return;
	regs->rax = again ? (uint64_t)state->interrupted : (uint64_t)-EINTR;
	if (again)
		regs->rip -= SYSCALL_SIZE;
	state->interrupted = -1;
}

/* Make regs those of the handler. */
static bool handle(struct regs *regs, const struct sigaction *action, const siginfo_t *info)
{
	struct signal_state *state = &thread_current()->signals;
	uint64_t mask = state->suspended ? state->mask_before : state->mask;
	uint64_t own = action->sa_flags & SA_NODEFER ? 0 : BIT(info->si_signo);

	if (!signal_frame_push(regs, action, info, mask))
		return false;
	state->suspended = false;
	signal_mask_set(state->mask | action->sa_mask | own);
	if (action->sa_flags & SA_RESETHAND)
		signal_action_set(info->si_signo, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	return true;
}

static void deliver_one(struct regs *regs, int signal, bool by_thread)
{
	struct sigaction action = signal_action(signal);
	siginfo_t info = {
		.si_signo = signal,
		.si_code = by_thread ? SI_TKILL : SI_USER,
	};

	if (is_ignored(signal, &action))
		return;
	if (action.sa_handler == SIG_DFL)
		end_by(regs, signal);
	info.si_pid = PROCESS_ID;
	call_settle(regs, action.sa_flags & SA_RESTART);
	if (!handle(regs, &action, &info))
		panic_regs(regs, "no stack for the handler of signal %d", signal);
}

void signal_deliver(struct regs *regs)
{
	struct thread *self = thread_current();
	bool by_thread;
	int signal;

	/* What is sent from here on sets it again. */
	__atomic_fetch_and(&self->work, ~THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	/* The frame shows an exception only where there was one. */
	regs->vector = regs->error = 0;
	while ((signal = next_due(&self->signals, &by_thread)))
		deliver_one(regs, signal, by_thread);
	call_settle(regs, true);
	if (self->signals.suspended) {
		self->signals.suspended = false;
		signal_mask_set(self->signals.mask_before);
	}
}

bool signal_fault(struct regs *regs, int signal, int code, uint64_t addr)
{
	struct sigaction action = signal_action(signal);
	siginfo_t info = {.si_signo = signal, .si_code = code};

	info.si_addr = (void *)addr;
	if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN ||
	    (thread_current()->signals.mask & BIT(signal)))
		return false;
	return handle(regs, &action, &info);
}

void signal_return(struct regs *regs)
{
	__atomic_fetch_and(&thread_current()->work, ~THREAD_WORK_RETURN, __ATOMIC_RELAXED);
	/* A frame that is none is the fault of who returned to it. */
	if (!signal_frame_pop(regs) && !signal_fault(regs, SIGSEGV, SI_KERNEL, 0))
		panic_regs(regs, "a signal's handler returned to no frame of a signal");
}
