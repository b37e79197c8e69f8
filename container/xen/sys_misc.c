/* SPDX-License-Identifier: MIT */
/*
 * System calls that only ask.
 */
#include "container/xen/clock.h"
#include "container/xen/frame.h"
#include "container/xen/random.h"
#include "container/xen/string.h"
#include "container/xen/sys.h"

#include <asm/errno.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#define THREAD_STACK_SIZE LAYOUT_KIB(256) /* of a thread whose maker names no size */
#define NO_LIMIT UINT64_MAX

struct limit {
	uint64_t current, most;
};

long sys_uname(const struct regs *regs)
{
	struct new_utsname *name = (struct new_utsname *)regs->rdi;

	*name = (struct new_utsname){.sysname = "Atoll", .machine = "x86_64"};
	/* The C library reads a kernel version from it. */
	string_copy(name->release, "6.1.0", sizeof(name->release));
	string_copy(name->nodename, "atoll", sizeof(name->nodename));
	return 0;
}

long sys_getrandom(const struct regs *regs)
{
	random_fill((void *)regs->rdi, regs->rsi);
	return (long)regs->rsi;
}

long sys_prlimit64(const struct regs *regs)
{
	struct limit *limit = (struct limit *)regs->r10;

	if (regs->rdx)
		return -EPERM;
	if (!limit)
		return 0;
	*limit = (struct limit){NO_LIMIT, NO_LIMIT};
	if (regs->rsi == RLIMIT_STACK)
		*limit = (struct limit){THREAD_STACK_SIZE, THREAD_STACK_SIZE};
	return 0;
}

long sys_sysinfo(const struct regs *regs)
{
	*(struct sysinfo *)regs->rdi = (struct sysinfo){
		.uptime = (long)(clock_now() / CLOCK_SECOND),
		.totalram = frame_total_bytes(),
		.freeram = frame_free_bytes(),
		.mem_unit = 1,
	};
	return 0;
}

/* The process number, and that of nobody else. */
long sys_one(const struct regs *regs)
{
	(void)regs;
	return 1;
}

long sys_zero(const struct regs *regs)
{
	(void)regs;
	return 0;
}

long sys_missing(const struct regs *regs)
{
	(void)regs;
	return -ENOSYS;
}
