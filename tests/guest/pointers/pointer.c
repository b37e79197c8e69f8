/* SPDX-License-Identifier: MIT */
/*
 * Makes every system call that takes a pointer with pointers to memory that is
 * not there, or may not be written, or ends in the middle: each answers EFAULT,
 * in the guest as on Linux, and what follows still works.
 */
#define _GNU_SOURCE /* AT_EMPTY_PATH */

#include <atoll.h>
#include "layout/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BAD (-7L) /* stands for the pointer */
#define ARCH_GET_FS 0x1003

enum kind {
	IN,      /* the kernel reads */
	OUT,     /* it writes */
	IN_WORD, /* the same, of four aligned bytes or fewer, or it may do a part */
	OUT_PART,
};

static const struct call {
	const char *name;
	enum kind kind;
	long number, arguments[6];
} calls[] = {
	{"write", IN_WORD, SYS_write, {1, BAD, 10}},
	{"writev, list", IN, SYS_writev, {1, BAD, 1}},
	{"readv, list", IN, SYS_readv, {3, BAD, 1}},
	{"read", OUT_PART, SYS_read, {3, BAD, 10}},
	{"pread64", OUT_PART, SYS_pread64, {3, BAD, 10, 0}},
	{"open", IN, SYS_open, {BAD, O_RDONLY}},
	{"openat", IN, SYS_openat, {AT_FDCWD, BAD, O_RDONLY}},
	{"access", IN, SYS_access, {BAD, R_OK}},
	{"readlink", IN, SYS_readlink, {BAD, 0, 1}},
	{"newfstatat, path", IN, SYS_newfstatat, {AT_FDCWD, BAD, 0, 0}},
	{"newfstatat", OUT, SYS_newfstatat, {3, (long)"", BAD, AT_EMPTY_PATH}},
	{"fstat", OUT, SYS_fstat, {3, BAD}},
	{"clock_gettime", OUT, SYS_clock_gettime, {CLOCK_REALTIME, BAD}},
	{"clock_getres", OUT, SYS_clock_getres, {CLOCK_REALTIME, BAD}},
	{"gettimeofday", OUT, SYS_gettimeofday, {BAD, 0}},
	{"time", OUT, SYS_time, {BAD}},
	{"nanosleep", IN, SYS_nanosleep, {BAD, 0}},
	{"clock_nanosleep", IN, SYS_clock_nanosleep, {CLOCK_MONOTONIC, 0, BAD, 0}},
	{"futex, word", IN_WORD, SYS_futex, {BAD, FUTEX_WAIT_PRIVATE, 0, 0}},
	{"futex, time", IN, SYS_futex, {(long)&calls, FUTEX_WAIT_PRIVATE, 0, BAD}},
	{"uname", OUT, SYS_uname, {BAD}},
	{"sysinfo", OUT, SYS_sysinfo, {BAD}},
	{"getrandom", OUT_PART, SYS_getrandom, {BAD, 16, 0}},
	{"prlimit64", OUT, SYS_prlimit64, {0, RLIMIT_STACK, 0, BAD}},
	{"sched_getaffinity", OUT, SYS_sched_getaffinity, {0, 128, BAD}},
	{"sched_setaffinity", IN, SYS_sched_setaffinity, {0, 128, BAD}},
	{"prctl, set name", IN_WORD, SYS_prctl, {PR_SET_NAME, BAD}},
	{"prctl, get name", OUT, SYS_prctl, {PR_GET_NAME, BAD}},
	{"arch_prctl", OUT, SYS_arch_prctl, {ARCH_GET_FS, BAD}},
	{"rt_sigaction", IN, SYS_rt_sigaction, {SIGUSR1, BAD, 0, 8}},
	{"rt_sigaction, old", OUT, SYS_rt_sigaction, {SIGUSR1, 0, BAD, 8}},
	{"rt_sigprocmask", IN, SYS_rt_sigprocmask, {SIG_BLOCK, BAD, 0, 8}},
	{"rt_sigprocmask, old", OUT, SYS_rt_sigprocmask, {SIG_BLOCK, 0, BAD, 8}},
	{"rt_sigpending", OUT, SYS_rt_sigpending, {BAD, 8}},
	{"rt_sigsuspend", IN, SYS_rt_sigsuspend, {BAD, 8}},
	{"sigaltstack", IN, SYS_sigaltstack, {BAD, 0}},
	{"sigaltstack, old", OUT, SYS_sigaltstack, {0, BAD}},
};

static const char constant[4096] = "constant";
static unsigned failures, made;

static void call_make(const struct call *call, const char *what, uint64_t bad)
{
	long a[6], ret;

	for (unsigned i = 0; i < 6; i++)
		a[i] = call->arguments[i] == BAD ? (long)bad : call->arguments[i];
	ret = syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	made++;
	if (ret == -1 && errno == EFAULT)
		return;
	failures++;
	printf("pointer: %s with %s: %ld, errno %d; expected EFAULT\n", call->name, what, ret,
	       ret == -1 ? errno : 0);
}

/* Four bytes that end where memory ends. */
static uint64_t edge_make(void)
{
	char *pages = mmap(NULL, 2 * LAYOUT_PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || munmap(pages + LAYOUT_PAGE_SIZE, LAYOUT_PAGE_SIZE))
		return 0;
	for (unsigned i = 0; i < 4; i++)
		pages[LAYOUT_PAGE_SIZE - 4 + i] = 'x';
	return (uint64_t)pages + LAYOUT_PAGE_SIZE - 4;
}

static void calls_make(const struct call *call, uint64_t edge)
{
	call_make(call, "page 0", 8);
	call_make(call, "an address in no region", LAYOUT_WINDOW_END);
	call_make(call, "a stack's guard", layout_stack_end(0));
	call_make(call, "a heap that is not backed", layout_heap_base(1) - LAYOUT_PAGE_SIZE);
	call_make(call, "no canonical address", UINT64_C(1) << 62);
	if (call->kind == IN || call->kind == OUT)
		call_make(call, "the edge of memory", edge);
	if (call->kind == OUT || call->kind == OUT_PART)
		call_make(call, "a constant", (uint64_t)constant);
}

/* A list that is there, of a buffer that is not. */
static void vectors_make(int fd)
{
	static struct iovec list = {(void *)8, 10};
	const struct call out = {"writev, buffer", IN_WORD, SYS_writev, {1, (long)&list, 1}};
	const struct call in = {"readv, buffer", OUT, SYS_readv, {fd, (long)&list, 1}};

	call_make(&out, "page 0", 0);
	call_make(&in, "page 0", 0);
}

int main(void)
{
	uint64_t edge = edge_make();
	/* The one file that a guest and a process both have. */
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY);
	char text[2];

	if (!edge || fd < 0 || (fd != 3 && dup2(fd, 3) != 3))
		return 2;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		calls_make(&calls[i], edge);
	vectors_make(fd);
	if (read(fd, text, sizeof(text)) != 2)
		failures++;
	printf("pointer: %u calls, %u failures\n", made, failures);
	return failures != 0;
}
