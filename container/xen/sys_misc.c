/* SPDX-License-Identifier: MIT */
/*
 * System calls that only ask.
 */
#include "container/xen/clock.h"
#include "container/xen/frame.h"
#include "container/xen/random.h"
#include "container/xen/sys.h"
#include "container/xen/user.h"

#include <asm/errno.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#define THREAD_STACK_SIZE LAYOUT_KIB(256) /* of a thread whose maker names no size */
#define NO_LIMIT UINT64_MAX
#define RANDOM_PIECE 64
#define RANDOM_MAX ((1U << 25) - 1) /* bytes that one call gives, as on Linux */

struct limit {
	uint64_t current, most;
};

long sys_uname(const struct regs *regs)
{
	/* The C library reads a kernel version from it. */
	static const struct new_utsname name = {
		.sysname = "Atoll",
		.nodename = "atoll",
		.release = "6.1.0",
		.machine = "x86_64",
	};

	return user_write(regs->rdi, &name, sizeof(name));
}

long sys_getrandom(const struct regs *regs)
{
	unsigned char bytes[RANDOM_PIECE];
	uint64_t size = regs->rsi < RANDOM_MAX ? regs->rsi : RANDOM_MAX;

	for (uint64_t done = 0; done < size; done += sizeof(bytes)) {
		uint64_t piece = size - done < sizeof(bytes) ? size - done : sizeof(bytes);

		random_fill(bytes, piece);
		if (user_write(regs->rdi + done, bytes, piece))
			return done ? (long)done : -EFAULT;
	}
	return (long)size;
}

long sys_prlimit64(const struct regs *regs)
{
	struct limit limit = {NO_LIMIT, NO_LIMIT};

	if (regs->rdx)
		return -EPERM;
	if (regs->rsi == RLIMIT_STACK)
		limit = (struct limit){THREAD_STACK_SIZE, THREAD_STACK_SIZE};
	return regs->r10 ? user_write(regs->r10, &limit, sizeof(limit)) : 0;
}

long sys_sysinfo(const struct regs *regs)
{
	const struct sysinfo info = {
		.uptime = (long)(clock_now() / CLOCK_SECOND),
		.totalram = frame_total_bytes(),
		.freeram = frame_free_bytes(),
		.mem_unit = 1,
	};

	return user_write(regs->rdi, &info, sizeof(info));
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
