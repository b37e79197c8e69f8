/* SPDX-License-Identifier: MIT */
/* Deadlines from now on, and who sleeps. */
#ifndef TESTS_UNIT_WAITING_H
#define TESTS_UNIT_WAITING_H

#include <glob.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "ipc/monotonic.h"

#define MS UINT64_C(1000000) /* ns */

static inline uint64_t test_in(uint64_t ns)
{
	return monotonic_now() + ns;
}

/* Whether a thread is in futex(2), on that word or (NULL) any; path is its "syscall" of proc(5). */
static inline bool test_thread_sleeps(const char *path, const uint32_t *word)
{
	FILE *file = fopen(path, "r");
	void *first = NULL;
	long call = -1;

	if (!file)
		return false; /* it has ended */
	if (fscanf(file, "%ld %p", &call, &first) < 2)
		call = -1; /* it is running */
	fclose(file);
	return call == SYS_futex && (!word || first == (const void *)word);
}

static inline bool test_is_asleep(const uint32_t *word)
{
	bool found = false;
	glob_t threads;

	if (glob("/proc/self/task/*/syscall", GLOB_NOSORT, NULL, &threads))
		abort();
	for (size_t i = 0; i < threads.gl_pathc && !found; i++)
		found = test_thread_sleeps(threads.gl_pathv[i], word);
	globfree(&threads);
	return found;
}

/* Until a thread of this process sleeps on that futex word or, with NULL, on any. */
static inline void test_until_asleep(const uint32_t *word)
{
	while (!test_is_asleep(word))
		sched_yield();
}

#endif
