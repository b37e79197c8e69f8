/* SPDX-License-Identifier: MIT */
/* The slow half of the doorbells: what it takes to sleep and to wake. */
#include "ipc/bell.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BELL_SECOND UINT64_C(1000000000)

struct bell_mode bell_mode = {.fenced = true};

void bell_init(void)
{
	bell_mode.fenced =
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0;
}

bool bell_ring(uint32_t *flag)
{
	/* Whoever takes the bit off wakes: two tellers make one system call. */
	if (!(__atomic_fetch_and(flag, ~BELL_PARKED, __ATOMIC_SEQ_CST) & BELL_PARKED))
		return false;
	syscall(SYS_futex, flag, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return true;
}

void bell_wake(uint32_t *flag)
{
	__atomic_fetch_and(flag, ~BELL_PARKED, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, flag, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

uint32_t bell_arm(uint32_t *flag)
{
	uint32_t before = __atomic_fetch_or(flag, BELL_PARKED, __ATOMIC_SEQ_CST);

	if (!bell_mode.fenced)
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	return before | BELL_PARKED;
}

bool bell_past(uint64_t deadline)
{
	struct timespec now;

	if (deadline == UINT64_MAX)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * BELL_SECOND + (uint64_t)now.tv_nsec >= deadline;
}

void bell_sleep(uint32_t *flag, uint32_t armed, uint64_t deadline)
{
	struct timespec at = {
		.tv_sec = (time_t)(deadline / BELL_SECOND),
		.tv_nsec = (long)(deadline % BELL_SECOND),
	};

	syscall(SYS_futex, flag, FUTEX_WAIT_BITSET_PRIVATE, armed,
		deadline == UINT64_MAX ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);
}

void bell_disarm(uint32_t *flag)
{
	__atomic_fetch_and(flag, ~BELL_PARKED, __ATOMIC_RELAXED);
}
