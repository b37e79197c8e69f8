/* SPDX-License-Identifier: MIT */
/* What a component's heap gives and takes back (container/heap.h). */
#include "tests/unit/heap_case.h"

static bool is_in_window(const struct job *job, const void *p, size_t bytes)
{
	uint64_t base = layout_heap_base(job->component);

	return (uint64_t)p >= base && (uint64_t)p + bytes <= base + LAYOUT_HEAP_SIZE;
}

static bool is_zero(const unsigned char *p, size_t bytes)
{
	return bytes == 0 || (p[0] == 0 && !memcmp(p, p + 1, bytes - 1));
}

static bool run_all_sizes(struct job *job)
{
	bool good = true;

	for (size_t bytes = 1; bytes <= 8 * MIB; bytes = bytes * 3 / 2 + 1) {
		unsigned char *p = take(bytes);

		good = good && p && is_in_window(job, p, bytes);
		if (p)
			memset(p, 0xa5, bytes);
		free(p);
	}
	return good;
}

static void test_every_size_comes_from_the_components_own_window(void **state)
{
	(void)state;
	skip_if_plain();
	assert_int_equal(job_run(16 * MIB, run_all_sizes).good, true);
}

static bool run_dirty_then_zero(struct job *job)
{
	bool good = true;

	for (size_t bytes = 5000; bytes < job->quota / 3; bytes *= 2) {
		unsigned char *p = take(bytes);

		if (!p)
			return false;
		memset(p, 0xff, bytes);
		free(p);
		sink = p = calloc(1, bytes);
		good = good && p && is_zero(p, bytes);
		free(p);
	}
	return good;
}

static void test_reused_memory_is_zero_where_zero_was_asked_for(void **state)
{
	(void)state;
	assert_int_equal(job_run(32 * MIB, run_dirty_then_zero).good, true);
}

static bool run_align(struct job *job)
{
	for (size_t alignment = 16; alignment <= 8 * MIB; alignment *= 2) {
		void *p = NULL;

		if (posix_memalign(&p, alignment, 100) || (uint64_t)p % alignment)
			return false;
		free(p);
	}
	return job->quota;
}

static void test_alignments_beyond_a_super_page_hold(void **state)
{
	(void)state;
	assert_int_equal(job_run(32 * MIB, run_align).good, true);
}

static bool run_grow(struct job *job)
{
	bool good = true;
	unsigned char *p = malloc(1);

	p[0] = 42;
	for (size_t bytes = 2; good && bytes < 25 * MIB; bytes = bytes * 5 / 4 + 1) {
		unsigned char *grown = realloc(p, bytes);

		good = grown && grown[0] == 42;
		if (!grown)
			break;
		grown[bytes - 1] = 1;
		p = grown;
	}
	free(p);
	heap_trim(job->component);
	heap_stats(job->component, &job->stats);
	return good;
}

static void test_growing_by_realloc_gives_the_old_blocks_back(void **state)
{
	struct job job;

	(void)state;
	job = job_run(64 * MIB, run_grow);
	assert_int_equal(job.good, true);
	assert_in_range(job.stats.heap_used, 0, 8 * MIB);
}

static void *free_main(void *p)
{
	free(p);
	return NULL;
}

static bool run_free_elsewhere(struct job *job)
{
	size_t before;
	pthread_t thread;
	void *p;

	heap_stats(job->component, &job->stats);
	before = job->stats.heap_used;
	p = take(8 * MIB);
	if (!p || pthread_create(&thread, NULL, free_main, p) || pthread_join(thread, NULL))
		return false;
	heap_trim(job->component);
	heap_stats(job->component, &job->stats);
	/* One super-page stays in reserve, one has what the thread itself took. */
	return job->stats.heap_used <= before + 2 * LAYOUT_SUPER_SIZE;
}

static void test_what_another_thread_frees_goes_back_to_its_heap(void **state)
{
	(void)state;
	assert_int_equal(job_run(16 * MIB, run_free_elsewhere).good, true);
}

static bool run_churn(struct job *job)
{
	static void *blocks[512];
	unsigned seed = 1;

	for (unsigned i = 0; i < 200000; i++) {
		void **slot;

		seed = seed * 1103515245 + 12345;
		slot = &blocks[seed >> 16 & 511];
		free(*slot);
		*slot = take((size_t)1 << (seed >> 8 & 15));
		if (*slot)
			memset(*slot, (int)i, 1);
	}
	for (unsigned i = 0; i < 512; i++)
		free(blocks[i]);
	memset(blocks, 0, sizeof(blocks));
	free(take(6 * MIB));
	return sink && job->quota;
}

static void test_a_long_life_does_not_wear_the_heap_out(void **state)
{
	(void)state;
	assert_int_equal(job_run(16 * MIB, run_churn).good, true);
}

static void test_a_heap_that_is_bound_is_not_bound_again(void **state)
{
	(void)state;
	skip_if_plain();
	assert_int_equal(heap_bind(0, HEAP_MIN_BYTES), -EBUSY); /* the first job's */
}

static void test_outside_of_any_component_the_counters_are_zero(void **state)
{
	const struct component_stats zero = {0};
	struct component_stats stats;

	(void)state;
	heap_stats(UINT32_MAX, &stats);
	assert_memory_equal(&stats, &zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size_comes_from_the_components_own_window),
		cmocka_unit_test(test_reused_memory_is_zero_where_zero_was_asked_for),
		cmocka_unit_test(test_alignments_beyond_a_super_page_hold),
		cmocka_unit_test(test_growing_by_realloc_gives_the_old_blocks_back),
		cmocka_unit_test(test_what_another_thread_frees_goes_back_to_its_heap),
		cmocka_unit_test(test_a_long_life_does_not_wear_the_heap_out),
		cmocka_unit_test(test_a_heap_that_is_bound_is_not_bound_again),
		cmocka_unit_test(test_outside_of_any_component_the_counters_are_zero),
	};

	return cmocka_run_group_tests(tests, windows_reserve, NULL);
}
