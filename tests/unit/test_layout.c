/* SPDX-License-Identifier: MIT */
/* The region table says what layout.h's constants say, and finds addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "layout/layout.h"

#define REGION_LAST (LAYOUT_REGION_COUNT - 1)

static const unsigned long page_sizes[] = {LAYOUT_PAGE_SIZE, LAYOUT_SUPER_SIZE};

static uint64_t region_end(unsigned i)
{
	return layout_regions[i].base + layout_regions[i].size;
}

static void the_table_has_the_constants_of_each_region(void **state)
{
	(void)state;
#define ROW_CHECK(id, prev, order, r, t, w)                                                        \
	assert_string_equal(layout_regions[LAYOUT_REGION_##id].name, #id);                         \
	assert_int_equal(layout_regions[LAYOUT_REGION_##id].base, LAYOUT_##id##_BASE);             \
	assert_int_equal(region_end(LAYOUT_REGION_##id), LAYOUT_##id##_END);                       \
	assert_int_equal(layout_regions[LAYOUT_REGION_##id].page_order, order);                    \
	assert_int_equal(layout_regions[LAYOUT_REGION_##id].rights, r);                            \
	assert_int_equal(layout_regions[LAYOUT_REGION_##id].target, t);
	LAYOUT_REGIONS(ROW_CHECK)
#undef ROW_CHECK
}

static void page_0_lies_below_every_region(void **state)
{
	(void)state;
	assert_in_range(layout_regions[0].base, LAYOUT_PAGE_SIZE, UINT64_MAX);
}

static void regions_ascend_without_overlap(void **state)
{
	(void)state;
	for (unsigned i = 1; i < LAYOUT_REGION_COUNT; i++)
		assert_in_range(layout_regions[i].base, region_end(i - 1), UINT64_MAX);
}

static void regions_are_whole_pages_of_their_size(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++) {
		uint64_t page = UINT64_C(1) << layout_regions[i].page_order;

		assert_in_set(page, page_sizes, 2);
		assert_int_equal(layout_regions[i].base % page, 0);
		assert_int_equal(layout_regions[i].size % page, 0);
		assert_int_not_equal(layout_regions[i].size, 0);
	}
}

static void regions_have_a_name_and_a_purpose(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++) {
		assert_non_null(layout_regions[i].name);
		assert_non_null(layout_regions[i].what);
		assert_string_not_equal(layout_regions[i].name, "");
		assert_string_not_equal(layout_regions[i].what, "");
	}
}

static void regions_behind_static_data_lie_in_the_free_window(void **state)
{
	(void)state;
	assert_in_range(region_end(LAYOUT_REGION_SPARSE), 0, LAYOUT_GIB(2));
	assert_in_range(layout_regions[LAYOUT_REGION_SPARSE + 1].base, LAYOUT_WINDOW_BASE,
			LAYOUT_WINDOW_END);
	assert_in_range(region_end(REGION_LAST), LAYOUT_WINDOW_BASE, LAYOUT_WINDOW_END);
}

static void only_the_image_may_be_executed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++)
		if (i != LAYOUT_REGION_IMAGE)
			assert_int_equal(layout_regions[i].rights & LAYOUT_EXEC, 0);
}

static void every_region_is_found_at_its_first_and_last_byte(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++) {
		assert_ptr_equal(layout_region_at(layout_regions[i].base), &layout_regions[i]);
		assert_ptr_equal(layout_region_at(region_end(i) - 1), &layout_regions[i]);
	}
}

static void no_region_is_found_in_a_gap(void **state)
{
	(void)state;
	assert_null(layout_region_at(0));
	assert_null(layout_region_at(LAYOUT_IMAGE_BASE - 1));
	for (unsigned i = 1; i < LAYOUT_REGION_COUNT; i++) {
		if (region_end(i - 1) == layout_regions[i].base)
			continue;
		assert_null(layout_region_at(region_end(i - 1)));
		assert_null(layout_region_at(layout_regions[i].base - 1));
	}
	assert_null(layout_region_at(region_end(REGION_LAST)));
	assert_null(layout_region_at(UINT64_MAX));
}

static void heap_windows_fill_their_region(void **state)
{
	(void)state;
	assert_int_equal(layout_heap_base(0), LAYOUT_HEAPS_BASE);
	assert_int_equal(layout_heap_base(1) - layout_heap_base(0), LAYOUT_HEAP_SIZE);
	assert_int_equal(layout_heap_base(LAYOUT_COMPONENTS_MAX), LAYOUT_HEAPS_END);
	for (unsigned i = 0; i < LAYOUT_COMPONENTS_MAX; i++)
		assert_int_equal(layout_heap_base(i) % LAYOUT_SUPER_SIZE, 0);
}

static void stack_slots_fill_their_region(void **state)
{
	(void)state;
	assert_int_equal(layout_stack_end(0), LAYOUT_STACKS_BASE + LAYOUT_STACK_SLOT_SIZE);
	assert_int_equal(layout_stack_end(LAYOUT_THREADS_MAX - 1), LAYOUT_STACKS_END);
	assert_int_equal(layout_report_end(LAYOUT_THREADS_MAX - 1), LAYOUT_REPORTS_END);
}

static void a_guard_lies_below_the_largest_stack(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= LAYOUT_COMPONENTS_MAX; i++)
		assert_in_range(layout_stack_end(i) - LAYOUT_STACK_MAX,
				layout_stack_end(i - 1) + LAYOUT_PAGE_SIZE, layout_stack_end(i));
}

static void module_slots_fill_their_region(void **state)
{
	(void)state;
	assert_int_equal(layout_module_base(0), LAYOUT_MODULES_BASE);
	assert_int_equal(layout_module_base(LAYOUT_MODULES_MAX), LAYOUT_MODULES_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_the_constants_of_each_region),
		cmocka_unit_test(page_0_lies_below_every_region),
		cmocka_unit_test(regions_ascend_without_overlap),
		cmocka_unit_test(regions_are_whole_pages_of_their_size),
		cmocka_unit_test(regions_have_a_name_and_a_purpose),
		cmocka_unit_test(regions_behind_static_data_lie_in_the_free_window),
		cmocka_unit_test(only_the_image_may_be_executed),
		cmocka_unit_test(every_region_is_found_at_its_first_and_last_byte),
		cmocka_unit_test(no_region_is_found_in_a_gap),
		cmocka_unit_test(heap_windows_fill_their_region),
		cmocka_unit_test(stack_slots_fill_their_region),
		cmocka_unit_test(a_guard_lies_below_the_largest_stack),
		cmocka_unit_test(module_slots_fill_their_region),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
