/* SPDX-License-Identifier: MIT */
/*
 * What lies where: see place.h.
 */
#include "container/place.h"

#include "container/format.h"
#include "layout/layout.h"

/* From the linker script; not there in a build that does without it. */
extern const char image_text_start[] __attribute__((weak));
extern const char image_text_end[] __attribute__((weak));
extern const char image_rodata_end[] __attribute__((weak));

static const char *image_part(uint64_t addr)
{
	if (addr < (uint64_t)image_text_start)
		return "headers";
	if (addr < (uint64_t)image_text_end)
		return "text";
	return addr < (uint64_t)image_rodata_end ? "read-only data" : "data";
}

void place_name(uint64_t addr, char *text, size_t size)
{
	const struct layout_region *region = layout_region_at(addr);

	if (addr < LAYOUT_PAGE_SIZE)
		print_to(text, size, "NULL (page 0)");
	else if (!region)
		print_to(text, size, "no region");
	else if (region->base == LAYOUT_IMAGE_BASE)
		print_to(text, size, "image %s", image_part(addr));
	else if (region->base == LAYOUT_HEAPS_BASE)
		print_to(text, size, "heap %lu", (addr - region->base) / LAYOUT_HEAP_SIZE);
	else if (region->base == LAYOUT_STACKS_BASE)
		print_to(text, size, "guard of stack %lu",
			 (addr - region->base) / LAYOUT_STACK_SLOT_SIZE);
	else
		print_to(text, size, "region %s", region->name);
}
