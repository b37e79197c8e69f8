/* SPDX-License-Identifier: MIT */
/*
 * For the tests of container/heap.c: each property on a thread with a heap of its
 * own. Where malloc belongs to a sanitizer, what only heap.c does is skipped.
 */
#ifndef TESTS_UNIT_HEAP_CASE_H
#define TESTS_UNIT_HEAP_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "container/component.h"
#include "container/heap.h"
#include "container/region.h"
#include "layout/layout.h"

#define MIB ((size_t)1 << 20)

/* What a test does on the heap's thread; it answers by return and not by asserts. */
struct job {
	unsigned component;
	size_t quota;
	bool (*run)(struct job *job);
	struct component_stats stats; /* after run */
	bool good;
};

static unsigned component_next;

static inline void *job_main(void *arg)
{
	struct job *job = arg;

	if (heap_bind(job->component, job->quota))
		return NULL;
	job->good = job->run(job);
	heap_stats(job->component, &job->stats);
	return NULL;
}

static inline struct job job_run(size_t quota, bool (*run)(struct job *job))
{
	struct job job = {.component = component_next++, .quota = quota, .run = run};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, job_main, &job), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return job;
}

/* The compiler may not see that nobody reads what is allocated. */
static void *volatile sink;

static inline void *take(size_t bytes)
{
	sink = malloc(bytes);
	return sink;
}

static inline bool run_counts(struct job *job)
{
	free(take(1000));
	heap_stats(job->component, &job->stats);
	return job->stats.heap_used > 0;
}

static inline void skip_if_plain(void)
{
	if (!job_run(HEAP_MIN_BYTES, run_counts).good)
		skip();
}

static inline int windows_reserve(void **state)
{
	const struct layout_region *taken;

	(void)state;
	return region_reserve(&taken);
}

#endif
