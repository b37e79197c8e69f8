/* SPDX-License-Identifier: MIT */
/*
 * The system calls that the C library and the runtimes make, by Linux's
 * numbers and with Linux's meaning, as far as they are needed here.
 *
 * Each takes its arguments from the caller's registers (rdi, rsi, rdx, r10, r8,
 * r9) and returns a value or a negative errno. What a pointer names is only
 * touched through user.h: a bad one is -EFAULT.
 */
#ifndef XEN_SYS_H
#define XEN_SYS_H

#include "container/xen/core.h"

#define PROCESS_ID 1 /* and that of nobody else */

typedef long sys_call(const struct regs *regs);

/* sys_memory.c */
sys_call sys_mmap, sys_munmap, sys_mprotect, sys_madvise, sys_brk;

/* sys_file.c */
sys_call sys_read, sys_write, sys_readv, sys_writev, sys_pread64, sys_lseek;
sys_call sys_open, sys_openat, sys_close, sys_fstat, sys_newfstatat, sys_access;
sys_call sys_ioctl, sys_fcntl, sys_readlink;

/* sys_thread.c */
sys_call sys_clone, sys_exit, sys_exit_group, sys_futex, sys_set_tid_address, sys_gettid;
sys_call sys_sched_yield, sys_sched_getaffinity, sys_sched_setaffinity;
sys_call sys_prctl, sys_arch_prctl, sys_membarrier;

/* sys_signal.c */
sys_call sys_kill, sys_tkill, sys_tgkill, sys_rt_sigaction, sys_rt_sigprocmask, sys_rt_sigpending;
sys_call sys_pause, sys_rt_sigsuspend, sys_sigaltstack, sys_rt_sigreturn;

/* sys_time.c */
sys_call sys_clock_gettime, sys_clock_getres, sys_gettimeofday, sys_time;
sys_call sys_nanosleep, sys_clock_nanosleep;

/* sys_misc.c */
sys_call sys_uname, sys_sysinfo, sys_getrandom, sys_prlimit64, sys_one, sys_zero, sys_missing;

struct timespec64 {
	int64_t seconds;
	int64_t nanoseconds;
};

/*
 * Nanoseconds of the struct timespec64 at an address that a call names,
 * THREAD_FOREVER where they do not fit; 0, -EINVAL or -EFAULT in *error.
 */
uint64_t timespec_read(uint64_t from, int *error);

/* clock_now() at which the given clock (CLOCK_REALTIME or another) shows this time. */
uint64_t deadline_from(uint64_t ns, bool is_wall, bool is_absolute);

#endif
