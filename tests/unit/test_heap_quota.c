/* SPDX-License-Identifier: MIT */
/* A heap's quota (container/heap.h): how far it goes, and what happens there. */
#include "tests/unit/heap_case.h"

static bool run_small(struct job *job)
{
	void *blocks[1000];
	bool good = true;

	(void)job;
	for (unsigned i = 0; i < 1000; i++)
		good = (blocks[i] = take(1000)) && good;
	for (unsigned i = 0; i < 1000; i++)
		free(blocks[i]);
	return good;
}

static void test_the_least_heap_holds_a_megabyte(void **state)
{
	struct job job;

	(void)state;
	job = job_run(HEAP_MIN_BYTES, run_small);
	assert_int_equal(job.good, true);
	assert_int_equal(job.stats.heap_quota, HEAP_MIN_BYTES);
}

static bool run_to_the_quota(struct job *job)
{
	size_t blocks = 0;

	while (take(64 << 10) && blocks < job->quota)
		blocks++;
	/* All but what jemalloc adds to each block. */
	return blocks * (64 << 10) >= job->quota / 10 * 9 && errno == ENOMEM;
}

static void test_at_the_quota_malloc_answers_null(void **state)
{
	struct job job;

	(void)state;
	skip_if_plain();
	job = job_run(32 * MIB, run_to_the_quota);
	assert_int_equal(job.stats.heap_used, 32 * MIB);
	assert_int_equal(job.stats.heap_peak, 32 * MIB);
	assert_int_equal(job.good, true);
}

static void test_one_heap_at_its_quota_leaves_the_others_alone(void **state)
{
	(void)state;
	skip_if_plain();
	assert_int_equal(job_run(8 * MIB, run_to_the_quota).good, true);
	assert_int_equal(job_run(8 * MIB, run_small).good, true);
}

static bool run_fill_free_fill(struct job *job)
{
	enum { COUNT = 20000, BYTES = 1000 };
	static void *blocks[COUNT];
	void *large;

	for (unsigned i = 0; i < COUNT; i++)
		blocks[i] = take(BYTES);
	for (unsigned i = 0; i < COUNT; i++)
		free(blocks[i]);
	large = take(24 * MIB);
	if (!large)
		return false;
	memset(large, 1, 24 * MIB);
	free(large);
	heap_trim(job->component);
	heap_stats(job->component, &job->stats);
	return job->stats.heap_used <= 8 * MIB;
}

static void test_what_small_blocks_leave_serves_a_large_one(void **state)
{
	struct job job;

	(void)state;
	skip_if_plain();
	job = job_run(32 * MIB, run_fill_free_fill);
	assert_in_range(job.stats.heap_used, 0, 8 * MIB);
	assert_int_equal(job.good, true);
}

static bool run_refused(struct job *job)
{
	(void)job;
	/* Far more addresses than a window has, if each failure took some. */
	for (unsigned i = 0; i < 100000; i++)
		if (take(15 * MIB + (i % 64) * LAYOUT_PAGE_SIZE))
			return false;
	sink = take(10 * MIB);
	return sink && run_small(job);
}

static void test_refused_blocks_use_nothing_up(void **state)
{
	(void)state;
	skip_if_plain();
	assert_int_equal(job_run(16 * MIB, run_refused).good, true);
}

static void test_quotas_out_of_range_are_refused(void **state)
{
	(void)state;
	skip_if_plain();
	assert_int_equal(heap_bind(component_next, 0), -EINVAL);
	assert_int_equal(heap_bind(component_next, HEAP_MIN_BYTES / 2), -EINVAL);
	assert_int_equal(heap_bind(component_next, HEAP_MIN_BYTES + 1), -EINVAL);
	assert_int_equal(heap_bind(component_next, HEAP_MAX_BYTES + LAYOUT_SUPER_SIZE), -EINVAL);
	assert_int_equal(heap_bind(LAYOUT_COMPONENTS_MAX, HEAP_MIN_BYTES), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_least_heap_holds_a_megabyte),
		cmocka_unit_test(test_at_the_quota_malloc_answers_null),
		cmocka_unit_test(test_one_heap_at_its_quota_leaves_the_others_alone),
		cmocka_unit_test(test_what_small_blocks_leave_serves_a_large_one),
		cmocka_unit_test(test_refused_blocks_use_nothing_up),
		cmocka_unit_test(test_quotas_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, windows_reserve, NULL);
}
