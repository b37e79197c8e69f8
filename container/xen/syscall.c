/* SPDX-License-Identifier: MIT */
/*
 * The system call table, and what happens to calls that are not in it.
 */
#include "container/xen/asm.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/xen/sys.h"

#include <asm/errno.h>
#include <asm/unistd.h>

#define CALLS_MAX 512

long syscall_dispatch(struct regs *regs);

static sys_call *const calls[CALLS_MAX] = {
	[__NR_read] = sys_read,
	[__NR_write] = sys_write,
	[__NR_open] = sys_open,
	[__NR_close] = sys_close,
	[__NR_fstat] = sys_fstat,
	[__NR_lseek] = sys_lseek,
	[__NR_mmap] = sys_mmap,
	[__NR_mprotect] = sys_mprotect,
	[__NR_munmap] = sys_munmap,
	[__NR_brk] = sys_brk,
	[__NR_rt_sigaction] = sys_rt_sigaction,
	[__NR_rt_sigprocmask] = sys_rt_sigprocmask,
	[__NR_rt_sigreturn] = sys_rt_sigreturn,
	[__NR_ioctl] = sys_ioctl,
	[__NR_pread64] = sys_pread64,
	[__NR_readv] = sys_readv,
	[__NR_writev] = sys_writev,
	[__NR_access] = sys_access,
	[__NR_sched_yield] = sys_sched_yield,
	[__NR_madvise] = sys_madvise,
	[__NR_pause] = sys_pause,
	[__NR_nanosleep] = sys_nanosleep,
	[__NR_getpid] = sys_one,
	[__NR_clone] = sys_clone,
	[__NR_exit] = sys_exit,
	[__NR_kill] = sys_kill,
	[__NR_uname] = sys_uname,
	[__NR_fcntl] = sys_fcntl,
	[__NR_readlink] = sys_readlink,
	[__NR_gettimeofday] = sys_gettimeofday,
	[__NR_sysinfo] = sys_sysinfo,
	[__NR_getuid] = sys_zero,
	[__NR_getgid] = sys_zero,
	[__NR_geteuid] = sys_zero,
	[__NR_getegid] = sys_zero,
	[__NR_rt_sigpending] = sys_rt_sigpending,
	[__NR_rt_sigsuspend] = sys_rt_sigsuspend,
	[__NR_sigaltstack] = sys_sigaltstack,
	[__NR_prctl] = sys_prctl,
	[__NR_arch_prctl] = sys_arch_prctl,
	[__NR_gettid] = sys_gettid,
	[__NR_time] = sys_time,
	[__NR_futex] = sys_futex,
	[__NR_sched_setaffinity] = sys_sched_setaffinity,
	[__NR_sched_getaffinity] = sys_sched_getaffinity,
	[__NR_set_tid_address] = sys_set_tid_address,
	[__NR_clock_gettime] = sys_clock_gettime,
	[__NR_clock_getres] = sys_clock_getres,
	[__NR_clock_nanosleep] = sys_clock_nanosleep,
	[__NR_exit_group] = sys_exit_group,
	[__NR_tkill] = sys_tkill,
	[__NR_tgkill] = sys_tgkill,
	[__NR_openat] = sys_openat,
	[__NR_newfstatat] = sys_newfstatat,
	/* Robust futexes matter where a process can die alone; here none can. */
	[__NR_set_robust_list] = sys_zero,
	[__NR_prlimit64] = sys_prlimit64,
	[__NR_getrandom] = sys_getrandom,
	[__NR_membarrier] = sys_membarrier,
	/* The C library asks for these first, and knows what to do without. */
	[__NR_rseq] = sys_missing,
	[__NR_clone3] = sys_missing,
};

static const char *const names[CALLS_MAX] = {
#include "syscall_names.h"
};

static uint8_t reported[CALLS_MAX];

static long call_unknown(uint64_t number)
{
	if (number >= CALLS_MAX) {
		print("atoll: unknown system call %lu\n", number);
	} else if (!__atomic_exchange_n(&reported[number], 1, __ATOMIC_RELAXED)) {
		print("atoll: system call %s (%lu) is not implemented, asked for by %s\n",
		      names[number] ? names[number] : "?", number, thread_current()->name);
	}
	return -ENOSYS;
}

/*
 * Leave a call by way of the thread's work. One that a signal has ended is told
 * to fail or to be made again by signal_deliver, for that is what it is about.
 */
static _Noreturn void leave_to_work(const struct regs *regs, uint64_t number, long result)
{
	struct thread *self = thread_current();

	self->resume.regs = *regs;
	self->resume.regs.rax = (uint64_t)result;
	self->signals.interrupted = result == -ERESTARTSYS ? (long)number : -1;
	thread_leave_by(&self->resume.regs);
}

/* From entry.S, on the caller's stack. */
long syscall_dispatch(struct regs *regs)
{
	uint64_t number = regs->rax;

	/* The entry stub left this to us: clone and backtraces want it. */
	regs->rsp = (uint64_t)(regs + 1) + RED_ZONE;

	long result =
		number < CALLS_MAX && calls[number] ? calls[number](regs) : call_unknown(number);

	/* A crash report calls, too, through the C library's unwinder. */
	if (__atomic_load_n(&thread_current()->work, __ATOMIC_RELAXED) && !panic_is_here())
		leave_to_work(regs, number, result);
	return result;
}
