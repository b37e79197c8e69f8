/* SPDX-License-Identifier: MIT */
/*
 * The region table, and the compile-time proof that the map holds together.
 * Part of the guest's kernel, of the image and of the packer alike: no libc.
 */
#include "layout/layout.h"

#define LAYOUT_ROW(id, prev, order, r, t, w)                                                       \
	[LAYOUT_REGION_##id] = {                                                                   \
		.name = #id,                                                                       \
		.what = (w),                                                                       \
		.base = LAYOUT_##id##_BASE,                                                        \
		.size = LAYOUT_##id##_SIZE,                                                        \
		.page_order = (order),                                                             \
		.rights = (r),                                                                     \
		.target = (t),                                                                     \
	},

const struct layout_region layout_regions[LAYOUT_REGION_COUNT] = {LAYOUT_REGIONS(LAYOUT_ROW)};

#define LAYOUT_NONE_END LAYOUT_PAGE_SIZE

#define LAYOUT_CHECK(id, prev, order, r, t, w)                                                     \
	_Static_assert(LAYOUT_##id##_BASE % (LAYOUT_C(1) << (order)) == 0,                         \
		       #id " base is aligned to its page size");                                   \
	_Static_assert(LAYOUT_##id##_SIZE % (LAYOUT_C(1) << (order)) == 0,                         \
		       #id " size is whole pages");                                                \
	_Static_assert(LAYOUT_##id##_SIZE > 0, #id " is not empty");                               \
	_Static_assert(LAYOUT_##prev##_END <= LAYOUT_##id##_BASE, #id " begins behind " #prev);    \
	_Static_assert(LAYOUT_##id##_END == LAYOUT_##id##_BASE + LAYOUT_##id##_SIZE,               \
		       #id " end is base plus size");                                              \
	_Static_assert(LAYOUT_REGION_##id <= LAYOUT_REGION_SPARSE ||                               \
			       (LAYOUT_##id##_BASE >= LAYOUT_WINDOW_BASE &&                        \
				LAYOUT_##id##_END <= LAYOUT_WINDOW_END),                           \
		       #id " lies in the window that every target leaves free");

LAYOUT_REGIONS(LAYOUT_CHECK)

_Static_assert(LAYOUT_TABLES_BASE % LAYOUT_GIB(512) == 0, "tables fill one PML4 slot");
_Static_assert(LAYOUT_STACK_MAX <= LAYOUT_STACK_SLOT_SIZE / 2, "half a stack slot is guard");
_Static_assert(LAYOUT_CORE_STACK_SIZE < LAYOUT_CORE_STACK_SLOT_SIZE, "core stacks have guards");
_Static_assert(LAYOUT_HEAP_SIZE % LAYOUT_SUPER_SIZE == 0, "heap windows are whole super-pages");
_Static_assert(LAYOUT_MODULE_SLOT_SIZE % LAYOUT_SUPER_SIZE == 0, "module slots keep alignment");
_Static_assert(LAYOUT_IMAGE_END <= LAYOUT_GIB(1), "the boot tables reach the whole image");
_Static_assert(LAYOUT_SPARSE_END <= LAYOUT_GIB(2), "code reaches all static data");

const struct layout_region *layout_region_at(uint64_t addr)
{
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++)
		if (addr - layout_regions[i].base < layout_regions[i].size)
			return &layout_regions[i];
	return NULL;
}
