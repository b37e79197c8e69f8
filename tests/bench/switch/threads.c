/* SPDX-License-Identifier: MIT */
/* What the kernel has for it: two threads of one processor. */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bench/switch/switch.h"

static struct {
	uint32_t turn __attribute__((aligned(128))); /* 0: the first one's */
	bool by_yield;
	uint64_t trips;
} threads;

static void threads_give(uint32_t turn)
{
	__atomic_store_n(&threads.turn, turn, __ATOMIC_RELEASE);
	if (!threads.by_yield)
		syscall(SYS_futex, &threads.turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void threads_await(uint32_t turn)
{
	while (__atomic_load_n(&threads.turn, __ATOMIC_ACQUIRE) != turn)
		if (threads.by_yield)
			sched_yield();
		else
			syscall(SYS_futex, &threads.turn, FUTEX_WAIT_PRIVATE, !turn, NULL, NULL, 0);
}

static void *threads_other(void *unused)
{
	for (uint64_t i = 0; i < threads.trips; i++) {
		threads_await(1);
		threads_give(0);
	}
	return unused;
}

static void threads_run(uint64_t trips, bool by_yield)
{
	pthread_t other;

	threads.by_yield = by_yield;
	threads.trips = trips;
	if (pthread_create(&other, NULL, threads_other, NULL))
		abort();
	for (uint64_t i = 0; i < trips; i++) {
		threads_give(1);
		threads_await(0);
	}
	pthread_join(other, NULL);
}

void switch_futex(uint64_t trips)
{
	threads_run(trips, false);
}

void switch_yield(uint64_t trips)
{
	threads_run(trips, true);
}
