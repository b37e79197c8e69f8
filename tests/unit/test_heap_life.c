/* SPDX-License-Identifier: MIT */
/*
 * Unit test of a heap's life (container/heap.h): bound, joined, left, released
 * and bound again, with nothing left behind. A life runs on threads of its own,
 * which end before the release, as a component's do.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "tests/unit/heap_case.h"

/* This test reads jemalloc's own counters, so it links all of it: the options of
 * jemalloc_options.c. */
const char *malloc_conf = "narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0,oversize_threshold:0";

#define QUOTA (16 * MIB)
#define HELPERS 4
#define BLOCKS 300
#define LIVES 1000

/* Weak: builds whose malloc belongs to a sanitizer have no such function. */
int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size)
	__attribute__((weak));

/* What one life of component 0's heap did; the threads answer here, the test asserts. */
struct life {
	int bound;
	bool good;   /* every allocation came, from the window where there is one */
	bool leave;  /* each thread leaves before it ends */
	void *first; /* what malloc gave first */
};

static bool is_counted(void)
{
	return mallctl != NULL;
}

static bool is_in_window(const void *p)
{
	return !is_counted() || (uint64_t)p - layout_heap_base(0) < LAYOUT_HEAP_SIZE;
}

/* Half of it is never freed, as a component that failed leaves it; a sanitizer would complain. */
static bool blocks_use(void)
{
	void *blocks[BLOCKS];
	bool good = true;

	for (unsigned i = 0; i < BLOCKS; i++) {
		size_t bytes = (size_t)16 << i % 12;

		blocks[i] = malloc(bytes);
		if (!blocks[i] || !is_in_window(blocks[i]))
			good = false;
		else
			memset(blocks[i], 0xa5, bytes);
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		if (i % 2 || !is_counted())
			free(blocks[i]);
	return good;
}

struct helper {
	bool leave;
	bool good;
};

static void *helper_main(void *arg)
{
	struct helper *h = arg;

	if (heap_join(0))
		return NULL;
	h->good = blocks_use();
	if (h->leave)
		heap_leave();
	return NULL;
}

/* The C library keeps stacks that are its own, and with them blocks of the heap. */
static pthread_t thread_run(unsigned stack, void *(*run)(void *arg), void *arg)
{
	static char stacks[1 + HELPERS][64 << 10] __attribute__((aligned(4096)));
	pthread_attr_t attr;
	pthread_t thread;

	if (pthread_attr_init(&attr) ||
	    pthread_attr_setstack(&attr, stacks[stack], sizeof(stacks[stack])) ||
	    pthread_create(&thread, &attr, run, arg))
		abort();
	pthread_attr_destroy(&attr);
	return thread;
}

static bool helpers_run(struct life *life)
{
	struct helper helpers[HELPERS];
	pthread_t threads[HELPERS];
	bool good = true;

	for (unsigned i = 0; i < HELPERS; i++) {
		helpers[i] = (struct helper){.leave = life->leave};
		threads[i] = thread_run(1 + i, helper_main, &helpers[i]);
	}
	for (unsigned i = 0; i < HELPERS; i++) {
		pthread_join(threads[i], NULL);
		good = good && helpers[i].good;
	}
	return good;
}

static void *life_main(void *arg)
{
	struct life *life = arg;
	void *large;

	life->bound = heap_bind(0, QUOTA);
	if (life->bound)
		return NULL;
	life->first = malloc(100);
	large = malloc(5 * MIB);
	if (large)
		memset(large, 1, 5 * MIB);
	life->good = large && is_in_window(large) && is_in_window(life->first);
	if (!helpers_run(life))
		life->good = false;
	if (!is_counted()) {
		free(life->first);
		free(large);
	}
	if (life->leave)
		heap_leave();
	return NULL;
}

static struct life life_run(bool leave)
{
	struct life life = {.leave = leave};

	assert_int_equal(pthread_join(thread_run(0, life_main, &life), NULL), 0);
	return life;
}

static size_t heap_used(void)
{
	struct component_stats stats;

	heap_stats(0, &stats);
	return stats.heap_used;
}

/* Pages that the process has in memory. */
static size_t resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	size_t size = 0, pages = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu %zu", &size, &pages), 2);
	fclose(f);
	return pages;
}

/* One of jemalloc's numbers, fresh. */
static size_t allocator_number(const char *name)
{
	uint64_t epoch = 1;
	size_t value = 0, size = sizeof(value);

	assert_int_equal(mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)), 0);
	assert_int_equal(mallctl(name, &value, &size, NULL, 0), 0);
	return value;
}

static unsigned arena_count(void)
{
	unsigned count = 0;
	size_t size = sizeof(count);

	assert_int_equal(mallctl("arenas.narenas", &count, &size, NULL, 0), 0);
	return count;
}

/* Whether any of the window's first addresses has memory. */
static bool window_has_memory(void)
{
	static unsigned char pages[64 * MIB / LAYOUT_PAGE_SIZE];

	assert_int_equal(mincore((void *)layout_heap_base(0), 64 * MIB, pages), 0);
	return memchr(pages, 1, sizeof(pages)) != NULL;
}

static void test_a_released_heap_can_be_bound_again(void **state)
{
	struct life first = life_run(true), again;

	(void)state;
	assert_int_equal(first.bound, 0);
	assert_true(first.good);
	assert_int_equal(heap_release(0), 0);
	again = life_run(true);
	assert_int_equal(again.bound, 0);
	assert_true(again.good);
	assert_int_equal(heap_release(0), 0);
}

static void test_a_release_gives_all_memory_back(void **state)
{
	(void)state;
	if (!is_counted())
		skip();
	life_run(true);
	assert_true(heap_used() > 0);
	assert_true(window_has_memory());
	assert_int_equal(heap_release(0), 0);
	assert_int_equal(heap_used(), 0);
	assert_false(window_has_memory());
}

static void test_threads_that_end_without_leaving_hold_nothing(void **state)
{
	(void)state;
	assert_true(life_run(false).good);
	assert_int_equal(heap_release(0), 0);
	assert_int_equal(heap_used(), 0);
}

static void test_a_thousand_lives_leave_nothing_behind(void **state)
{
	struct life first, life;
	size_t pages, allocated, metadata;
	unsigned arenas;

	(void)state;
	if (!is_counted())
		skip();
	for (unsigned i = 0; i < 10; i++) {
		first = life_run(true);
		assert_int_equal(heap_release(0), 0);
	}
	pages = resident();
	allocated = allocator_number("stats.allocated");
	metadata = allocator_number("stats.metadata");
	arenas = arena_count();
	for (unsigned i = 0; i < LIVES; i++) {
		life = life_run(i % 2);
		if (life.bound || !life.good || life.first != first.first || heap_release(0))
			fail_msg("life %u", i);
	}
	assert_int_equal(arena_count(), arenas);
	/* What the tests' own thread has cached comes and goes. */
	assert_in_range(allocator_number("stats.allocated"), 0, allocated + 16 * 1024);
	assert_int_equal(allocator_number("stats.metadata"), metadata);
	/* Far less than a page a life: text and data that are touched late for the first time. */
	assert_in_range(resident(), 0, pages + LIVES / 10);
	assert_false(window_has_memory());
}

static void test_what_a_heap_gives_is_zero_in_its_next_life(void **state)
{
	(void)state;
	if (!is_counted())
		skip();
	for (unsigned i = 0; i < 3; i++) {
		const unsigned char *p;

		life_run(true); /* which fills what it allocates */
		assert_int_equal(heap_release(0), 0);
		assert_int_equal(heap_bind(0, QUOTA), 0);
		p = calloc(1, 6 * MIB);
		assert_non_null(p);
		for (size_t at = 0; at < 6 * MIB; at++)
			if (p[at])
				fail_msg("byte %zu", at);
		heap_leave();
		assert_int_equal(heap_release(0), 0);
	}
}

static void test_a_heap_with_a_thread_on_it_is_not_released(void **state)
{
	(void)state;
	if (!is_counted())
		skip();
	assert_int_equal(heap_bind(0, QUOTA), 0);
	assert_int_equal(heap_release(0), -EBUSY);
	heap_leave();
	assert_int_equal(heap_release(0), 0);
	assert_int_equal(heap_release(0), -EINVAL);
}

static void test_only_a_bound_heap_can_be_joined(void **state)
{
	(void)state;
	assert_int_equal(heap_join(0), -EINVAL);
	assert_int_equal(heap_join(LAYOUT_COMPONENTS_MAX), -EINVAL);
	assert_int_equal(heap_release(LAYOUT_COMPONENTS_MAX), -EINVAL);
}

static void *bind_main(void *arg)
{
	if (heap_bind(1, HEAP_MIN_BYTES))
		abort();
	*(void **)arg = malloc(1000);
	heap_leave();
	return NULL;
}

static void test_an_abandoned_heap_stays_unusable(void **state)
{
	void *p = NULL;
	struct component_stats stats;

	(void)state;
	assert_int_equal(pthread_join(thread_run(0, bind_main, &p), NULL), 0);
	assert_non_null(p);
	if (!is_counted())
		free(p);
	heap_abandon(1);
	heap_stats(1, &stats);
	assert_int_equal(stats.heap_used, 0);
	assert_int_equal(heap_bind(1, HEAP_MIN_BYTES), -EIO);
	assert_int_equal(heap_join(1), -EINVAL);
	assert_int_equal(heap_release(1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_released_heap_can_be_bound_again),
		cmocka_unit_test(test_a_release_gives_all_memory_back),
		cmocka_unit_test(test_threads_that_end_without_leaving_hold_nothing),
		cmocka_unit_test(test_a_thousand_lives_leave_nothing_behind),
		cmocka_unit_test(test_what_a_heap_gives_is_zero_in_its_next_life),
		cmocka_unit_test(test_a_heap_with_a_thread_on_it_is_not_released),
		cmocka_unit_test(test_only_a_bound_heap_can_be_joined),
		cmocka_unit_test(test_an_abandoned_heap_stays_unusable),
	};

	return cmocka_run_group_tests(tests, windows_reserve, NULL);
}
