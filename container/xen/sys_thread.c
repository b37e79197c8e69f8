/* SPDX-License-Identifier: MIT */
/*
 * System calls on threads.
 */
#include "container/xen/cpu.h"
#include "container/xen/direct.h"
#include "container/xen/futex.h"
#include "container/xen/panic.h"
#include "container/xen/string.h"
#include "container/xen/sys.h"
#include "container/xen/user.h"

#include <asm/errno.h>
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#define CLONE_NEEDED                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS)

/* A thread of this process, as pthread_create makes it; there is no other kind. */
long sys_clone(const struct regs *regs)
{
	uint64_t flags = regs->rdi;
	struct regs child = *regs;

	if ((flags & CLONE_NEEDED) != CLONE_NEEDED || !regs->rsi)
		return -EINVAL;
	child.rax = 0;
	child.rsp = regs->rsi;
	child.rip = regs->rcx;
	child.rflags = regs->r11;

	struct thread *parent = thread_current();
	struct thread *thread = thread_new(parent->core, &child, regs->r8);

	if (!thread)
		return -EAGAIN;

	int id = thread->id;

	string_copy(thread->name, parent->name, sizeof(thread->name));
	if (flags & CLONE_CHILD_CLEARTID)
		thread->clear_tid = (uint32_t *)regs->r10;
	if (flags & CLONE_PARENT_SETTID)
		user_store32((uint32_t *)regs->rdx, (uint32_t)id);
	thread_start(thread);
	return id;
}

long sys_exit(const struct regs *regs)
{
	(void)regs;
	thread_end();
}

long sys_exit_group(const struct regs *regs)
{
	guest_end((int)(regs->rdi & 0xff));
}

long sys_set_tid_address(const struct regs *regs)
{
	struct thread *thread = thread_current();

	thread->clear_tid = (uint32_t *)regs->rdi;
	return thread->id;
}

long sys_gettid(const struct regs *regs)
{
	(void)regs;
	return thread_current()->id;
}

static long futex_wait_call(const struct regs *regs, bool is_absolute, uint32_t bits)
{
	uint64_t timeout = regs->r10;
	bool is_wall = regs->rsi & FUTEX_CLOCK_REALTIME;
	uint64_t deadline = THREAD_FOREVER;

	if (timeout) {
		int error;
		uint64_t ns = timespec_read(timeout, &error);

		if (error)
			return error;
		deadline = deadline_from(ns, is_wall, is_absolute);
	}
	long ret = futex_wait((uint32_t *)regs->rdi, (uint32_t)regs->rdx, bits, deadline);

	/* With a timeout it would have to be a shorter one: Linux does not start it again either.
	 */
	return ret == -EINTR && !timeout ? -ERESTARTSYS : ret;
}

long sys_futex(const struct regs *regs)
{
	uint32_t *word = (uint32_t *)regs->rdi;
	uint32_t bits = (uint32_t)regs->r9;

	switch (regs->rsi & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		return futex_wait_call(regs, false, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return bits ? futex_wait_call(regs, true, bits) : -EINVAL;
	case FUTEX_WAKE:
		return futex_wake(word, (unsigned)regs->rdx, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return bits ? futex_wake(word, (unsigned)regs->rdx, bits) : -EINVAL;
	default:
		return -ENOSYS;
	}
}

long sys_sched_yield(const struct regs *regs)
{
	(void)regs;
	thread_yield();
	return 0;
}

long sys_sched_getaffinity(const struct regs *regs)
{
	uint64_t mask = (UINT64_C(1) << core_count()) - 1;

	if (regs->rsi < sizeof(mask))
		return -EINVAL;
	return user_write(regs->rdx, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

/* A thread has one core: its own if the mask has it, else the lowest. */
long sys_sched_setaffinity(const struct regs *regs)
{
	struct thread *thread = regs->rdi ? thread_by_id((int)regs->rdi) : thread_current();
	uint64_t mask;

	if (!thread || !thread->signals.alive)
		return -ESRCH;
	if (regs->rsi < sizeof(mask))
		return -EINVAL;
	if (user_read(&mask, regs->rdx, sizeof(mask)))
		return -EFAULT;
	mask &= (UINT64_C(1) << core_count()) - 1;
	if (!mask)
		return -EINVAL;
	if (thread->is_placed)
		direct_stray();
	thread->is_placed = true;
	if (!(mask >> thread->core->id & 1))
		thread_move(thread, core_get((unsigned)__builtin_ctzll(mask)));
	return 0;
}

static long name_set(struct thread *thread, uint64_t from)
{
	char name[sizeof(thread->name)];
	long length = user_string(name, (const char *)from, sizeof(name) - 1);

	if (length < 0)
		return length;
	name[length] = '\0';
	memcpy(thread->name, name, (size_t)length + 1);
	return 0;
}

long sys_prctl(const struct regs *regs)
{
	struct thread *thread = thread_current();

	switch (regs->rdi) {
	case PR_SET_NAME:
		return name_set(thread, regs->rsi);
	case PR_GET_NAME:
		return user_write(regs->rsi, thread->name, sizeof(thread->name));
	default:
		return -EINVAL;
	}
}

long sys_arch_prctl(const struct regs *regs)
{
	uint64_t base;

	switch (regs->rdi) {
	case ARCH_SET_FS:
		cpu_fs_base_set(regs->rsi);
		return 0;
	case ARCH_GET_FS:
		base = cpu_fs_base();
		return user_write(regs->rsi, &base, sizeof(base));
	default:
		return -EINVAL;
	}
}

long sys_membarrier(const struct regs *regs)
{
	switch (regs->rdi) {
	case MEMBARRIER_CMD_QUERY:
		return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
		       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		return 0;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		core_barrier();
		return 0;
	default:
		return -EINVAL;
	}
}
