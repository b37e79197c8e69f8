/* SPDX-License-Identifier: MIT */
/*
 * Two threads of one processor that hand a number over by futexes, as a peer for
 * handover/. Prints "handover NANOSECONDS SUM" for each round, then the same for
 * sched_yield as "yield".
 *
 * usage: futex [ROUNDS]
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TRIPS 20000
#define WARM 200

struct place {
	uint32_t full __attribute__((aligned(128)));
	uint64_t number;
};

static struct place there, back;
static bool by_yield, stop;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put(struct place *p, uint64_t number)
{
	p->number = number;
	__atomic_store_n(&p->full, 1, __ATOMIC_RELEASE);
	if (!by_yield)
		syscall(SYS_futex, &p->full, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static uint64_t take(struct place *p)
{
	while (!__atomic_load_n(&p->full, __ATOMIC_ACQUIRE))
		if (by_yield)
			sched_yield();
		else
			syscall(SYS_futex, &p->full, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	__atomic_store_n(&p->full, 0, __ATOMIC_RELAXED);
	return p->number;
}

static void *pong(void *unused)
{
	(void)unused;
	for (;;) {
		uint64_t n = take(&there);

		if (stop)
			return NULL;
		put(&back, n + 1);
	}
}

static uint64_t trips(unsigned count)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < count; i++) {
		put(&there, n);
		n = take(&back);
	}
	return n;
}

static void rounds_of(const char *name, int rounds)
{
	pthread_t other;

	stop = false;
	if (pthread_create(&other, NULL, pong, NULL))
		exit(1);
	trips(WARM);
	for (int r = 0; r < rounds; r++) {
		uint64_t begun = now(), sum = trips(TRIPS);

		printf("%s %" PRIu64 " %" PRIu64 "\n", name, (now() - begun) / (2 * TRIPS), sum);
	}
	stop = true;
	put(&there, 0);
	pthread_join(other, NULL);
}

int main(int argc, char **argv)
{
	cpu_set_t one;
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return 1;
	rounds_of("handover", rounds);
	by_yield = true;
	rounds_of("yield", rounds);
	return 0;
}
