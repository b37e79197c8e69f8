/* SPDX-License-Identifier: MIT */
/*
 * System calls on signals.
 */
#include "container/xen/signal.h"
#include "container/xen/signal_frame.h"
#include "container/xen/sys.h"
#include "container/xen/user.h"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/signal.h>

#define SET_SIZE sizeof(uint64_t)
#define STACK_MIN 2048 /* MINSIGSTKSZ: a frame with AVX state needs 1,400 */

long sys_kill(const struct regs *regs)
{
	int process = (int)regs->rdi, signal = (int)regs->rsi;

	if (signal < 0 || signal > SIGNAL_MAX)
		return -EINVAL;
	if (process != PROCESS_ID && process != 0 && process != -1)
		return -ESRCH;
	if (signal)
		signal_post_process(signal);
	return 0;
}

long sys_tkill(const struct regs *regs)
{
	return signal_post((int)regs->rdi, (int)regs->rsi);
}

long sys_tgkill(const struct regs *regs)
{
	if ((int)regs->rdi != PROCESS_ID)
		return -ESRCH;
	return signal_post((int)regs->rsi, (int)regs->rdx);
}

long sys_rt_sigaction(const struct regs *regs)
{
	struct sigaction action, before;
	int ret;

	if (regs->r10 != SET_SIZE)
		return -EINVAL;
	if (regs->rsi && user_read(&action, regs->rsi, sizeof(action)))
		return -EFAULT;
	ret = signal_action_set((int)regs->rdi, regs->rsi ? &action : NULL, &before);
	if (ret || !regs->rdx)
		return ret;
	return user_write(regs->rdx, &before, sizeof(before));
}

long sys_rt_sigprocmask(const struct regs *regs)
{
	uint64_t before = thread_current()->signals.mask, change;

	if (regs->r10 != SET_SIZE)
		return -EINVAL;
	if (regs->rsi && user_read(&change, regs->rsi, sizeof(change)))
		return -EFAULT;
	if (regs->rdx && user_write(regs->rdx, &before, sizeof(before)))
		return -EFAULT;
	if (!regs->rsi)
		return 0;
	switch ((int)regs->rdi) {
	case SIG_BLOCK:
		signal_mask_set(before | change);
		return 0;
	case SIG_UNBLOCK:
		signal_mask_set(before & ~change);
		return 0;
	case SIG_SETMASK:
		signal_mask_set(change);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_rt_sigpending(const struct regs *regs)
{
	const struct signal_state *state = &thread_current()->signals;
	uint64_t set = state->pending & state->mask;

	if (regs->rsi > SET_SIZE)
		return -EINVAL;
	return user_write(regs->rdi, &set, regs->rsi);
}

static bool await_cancel(struct thread *thread)
{
	return __atomic_exchange_n(&thread->waiting, false, __ATOMIC_ACQ_REL);
}

/* Only a signal ends this wait. */
static long signal_await(void)
{
	struct thread *self = thread_current();

	self->waiting = true;
	self->cancel = await_cancel;
	self->state = THREAD_BLOCKED;
	return thread_block(THREAD_FOREVER);
}

long sys_pause(const struct regs *regs)
{
	(void)regs;
	return signal_await();
}

long sys_rt_sigsuspend(const struct regs *regs)
{
	struct signal_state *state = &thread_current()->signals;
	uint64_t mask;

	if (regs->rsi != SET_SIZE)
		return -EINVAL;
	if (user_read(&mask, regs->rdi, sizeof(mask)))
		return -EFAULT;
	state->mask_before = state->mask;
	state->suspended = true;
	signal_mask_set(mask);
	return signal_await();
}

static long stack_set(stack_t *stack, const stack_t *wanted)
{
	switch (wanted->ss_flags) {
	case SS_DISABLE:
		*stack = (stack_t){0};
		return 0;
	case 0:
	case SS_ONSTACK:
		if (wanted->ss_size < STACK_MIN)
			return -ENOMEM;
		*stack = (stack_t){.ss_sp = wanted->ss_sp, .ss_size = wanted->ss_size};
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_sigaltstack(const struct regs *regs)
{
	stack_t wanted;
	stack_t *stack = &thread_current()->signals.stack;
	bool used = signal_stack_is_used(regs->rsp);
	stack_t before = *stack;
	long ret = 0;

	if (regs->rdi && user_read(&wanted, regs->rdi, sizeof(wanted)))
		return -EFAULT;
	before.ss_flags = !stack->ss_size ? SS_DISABLE : used ? SS_ONSTACK : 0;
	if (regs->rdi)
		ret = used ? -EPERM : stack_set(stack, &wanted);
	if (ret || !regs->rsi)
		return ret;
	return user_write(regs->rsi, &before, sizeof(before));
}

/* Behind a handler. The caller's registers become those of the frame, so nothing is returned. */
long sys_rt_sigreturn(const struct regs *regs)
{
	struct thread *self = thread_current();

	self->resume.regs = *regs;
	__atomic_fetch_or(&self->work, THREAD_WORK_RETURN, __ATOMIC_RELAXED);
	thread_leave_by(&self->resume.regs);
}
