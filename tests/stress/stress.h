/* SPDX-License-Identifier: MIT */
/* What the programs of this folder share: threads, chance, naps, bytes to be checked. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ipc/channel.h"
#include "ipc/monotonic.h"
#include "tests/unit/random.h"

/* One that sends or receives, or does both. */
struct stress_thread {
	pthread_t id;
	void *(*run)(void *); /* with this */
	struct channel *ch;
	uint64_t random;  /* never 0 */
	uint64_t done;    /* what it sent or received, or tried to */
	uint64_t most;    /* then it ends, where it does by itself */
	uint64_t dropped; /* calls that it gave up */
	bool hasty;       /* never waits for ever */
};

static inline _Noreturn void stress_fail(const char *what, uint64_t seq)
{
	fprintf(stderr, "stress: number %llu: %s\n", (unsigned long long)seq, what);
	exit(1);
}

static inline void stress_run(struct stress_thread *threads, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i].id, NULL, threads[i].run, &threads[i]))
			stress_fail("no thread", i);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
}

/* Once in so many times, long enough for the other side to park. */
static inline void stress_nap(uint64_t *random, unsigned times)
{
	if (random_below(random, times) == 0)
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

/* Any of the forms of waiting: for ever, with a deadline soon, not at all. */
static inline uint64_t stress_deadline(uint64_t *random)
{
	switch (random_below(random, 4)) {
	case 0:
		return CHANNEL_NOW;
	case 1:
		return monotonic_now() + random_below(random, 100000);
	default:
		return CHANNEL_FOREVER;
	}
}

/* Both ends know the bytes of a message from its number. */
static inline void stress_fill(void *to, size_t len, uint64_t seq)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)to)[i] = (unsigned char)(seq + i * 13);
}

static inline bool stress_filled(const void *from, size_t len, uint64_t seq)
{
	for (size_t i = 0; i < len; i++)
		if (((const unsigned char *)from)[i] != (unsigned char)(seq + i * 13))
			return false;
	return true;
}

#endif
