/* SPDX-License-Identifier: MIT */
/* The slow half of the doorbells: what it takes to sleep and to wake. */
#include "ipc/bell.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container/kernel_calls.h"
#include "ipc/bell_set.h"
#include "ipc/monotonic.h"

struct bell_mode bell_mode = {.fenced = true};

void bell_init(void)
{
	bell_mode.fenced =
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0;
	bell_mode.kernel = (const struct kernel_calls *)getauxval(KERNEL_CALLS);
}

static uint32_t bell_take(uint32_t *flag)
{
	return __atomic_fetch_and(flag, ~(BELL_PARKED | BELL_WHOM), __ATOMIC_SEQ_CST);
}

static void bell_futex_wake(uint32_t *flag)
{
	if (bell_mode.kernel)
		bell_mode.kernel->wake(flag);
	else
		syscall(SYS_futex, flag, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

bool bell_ring(uint32_t *flag)
{
	uint32_t before = bell_take(flag);

	/* Whoever takes the bit off wakes: two tellers make one system call. */
	if (!(before & BELL_PARKED))
		return false;
	if (before & BELL_WHOM)
		bell_tell(before >> BELL_WHOM_SHIFT);
	else
		bell_futex_wake(flag);
	return true;
}

void bell_wake(uint32_t *flag)
{
	uint32_t before = bell_take(flag);

	if (before & BELL_WHOM)
		bell_tell(before >> BELL_WHOM_SHIFT);
	bell_futex_wake(flag);
}

/* Only the side that sleeps sets bits, so what it finds there are its own of before. */
static void bell_rename(uint32_t *flag, uint32_t whom)
{
	uint32_t before = __atomic_load_n(flag, __ATOMIC_RELAXED) >> BELL_WHOM_SHIFT;

	if (before == 0 || before == whom)
		return;
	bell_take(flag);
	bell_tell(before);
}

void bell_name(uint32_t *flag, uint32_t whom)
{
	bell_rename(flag, whom);
	__atomic_fetch_or(flag, BELL_PARKED | whom << BELL_WHOM_SHIFT, __ATOMIC_SEQ_CST);
}

void bell_unname(uint32_t *flag, uint32_t whom)
{
	if (__atomic_load_n(flag, __ATOMIC_RELAXED) >> BELL_WHOM_SHIFT == whom)
		bell_disarm(flag);
}

/* Asked behind S1, which is a full barrier: see kernel_calls.h. */
static bool bell_alone(void)
{
	return bell_mode.kernel && !__atomic_load_n(&bell_mode.kernel->strayed, __ATOMIC_SEQ_CST);
}

void bell_barrier(bool beside)
{
	if (!bell_mode.fenced && !(beside && bell_alone()))
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

uint32_t bell_arm(uint32_t *flag, bool beside)
{
	uint32_t before;

	bell_rename(flag, 0);
	before = __atomic_fetch_or(flag, BELL_PARKED, __ATOMIC_SEQ_CST);
	bell_barrier(beside);
	return before | BELL_PARKED;
}

bool bell_past(uint64_t deadline)
{
	return deadline != UINT64_MAX && monotonic_now() >= deadline;
}

static long bell_futex_wait(uint32_t *flag, uint32_t armed, uint64_t deadline)
{
	struct timespec at = monotonic_timespec(deadline);
	long ret = syscall(SYS_futex, flag, FUTEX_WAIT_BITSET_PRIVATE, armed,
			   deadline == UINT64_MAX ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);

	return ret ? -errno : 0;
}

bool bell_sleep(uint32_t *flag, uint32_t armed, uint64_t deadline)
{
	long ret = bell_mode.kernel ? bell_mode.kernel->wait(flag, armed, deadline)
				    : bell_futex_wait(flag, armed, deadline);

	return ret == -ETIMEDOUT;
}

void bell_disarm(uint32_t *flag)
{
	__atomic_fetch_and(flag, ~(BELL_PARKED | BELL_WHOM), __ATOMIC_RELAXED);
}
