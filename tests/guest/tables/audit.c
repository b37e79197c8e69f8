/* SPDX-License-Identifier: MIT */
/*
 * Compares every page that the guest has mapped with the address map: its place,
 * its size, its rights, and that guards are empty.
 */
#include "entry.h"

#include <stdbool.h>
#include <stdio.h>

#define COMPONENTS 2
#define RW (LAYOUT_READ | LAYOUT_WRITE)
#define REPORTS_SHOWN 10

/* From the image's linker script; a build with a sanitizer has none and never runs this. */
#pragma weak image_text_start
#pragma weak image_text_end
#pragma weak image_tables_end
#pragma weak image_settled_start
#pragma weak image_settled_end
#pragma weak image_end
#pragma weak image_sparse_end
extern const char image_text_start[], image_text_end[], image_tables_end[];
extern const char image_settled_start[], image_settled_end[], image_end[], image_sparse_end[];

struct page {
	uint64_t va;
	unsigned order, rights;
};

static unsigned pages, wrong;

static bool is_in(const struct page *page, const char *start, const char *end)
{
	return page->va >= (uint64_t)start && page->va < (uint64_t)end;
}

static bool image_is_right(const struct page *page)
{
	unsigned rights = LAYOUT_READ;

	if (is_in(page, image_text_start, image_text_end))
		rights = LAYOUT_READ | LAYOUT_EXEC;
	else if (is_in(page, image_tables_end, image_settled_start) ||
		 is_in(page, image_settled_end, image_end))
		rights = RW;
	return page->rights == rights && page->va < (uint64_t)image_end;
}

static bool heap_is_right(const struct page *page)
{
	return page->rights == RW && page->va < layout_heap_base(COMPONENTS) &&
	       page->order >= LAYOUT_SUPER_ORDER;
}

/* A stack ends where its slot ends; what is below the largest one is its guard. */
static bool stack_is_right(const struct page *page, uint64_t base, uint64_t slot, uint64_t most)
{
	return page->rights == RW && slot - (page->va - base) % slot <= most;
}

static bool is_right(const struct page *page, const struct layout_region *region)
{
	switch ((enum layout_region_id)(region - layout_regions)) {
	case LAYOUT_REGION_IMAGE:
		return image_is_right(page);
	case LAYOUT_REGION_SPARSE:
		return page->rights == RW && page->va < (uint64_t)image_sparse_end;
	case LAYOUT_REGION_HEAPS:
		return heap_is_right(page);
	case LAYOUT_REGION_STACKS:
		return stack_is_right(page, region->base, LAYOUT_STACK_SLOT_SIZE, LAYOUT_STACK_MAX);
	case LAYOUT_REGION_REPORTS:
		return stack_is_right(page, region->base, LAYOUT_REPORT_SLOT_SIZE,
				      LAYOUT_REPORT_STACK_SIZE);
	case LAYOUT_REGION_CORES:
		return stack_is_right(page, region->base, LAYOUT_CORE_STACK_SLOT_SIZE,
				      LAYOUT_CORE_STACK_SIZE);
	case LAYOUT_REGION_CHANNELS:
		return page->rights == RW && page->order == LAYOUT_SUPER_ORDER;
	default:
		return (page->rights & ~region->rights) == 0;
	}
}

static void page_check(const struct page *page)
{
	const struct layout_region *region = layout_region_at(page->va);
	uint64_t end = page->va + (UINT64_C(1) << page->order);

	pages++;
	if (region && end <= region->base + region->size && is_right(page, region))
		return;
	if (wrong++ < REPORTS_SHOWN)
		printf("audit: %#lx, %lu KiB, rights %u, %s: not as the map says\n", page->va,
		       (end - page->va) / 1024, page->rights, region ? region->name : "no region");
}

/* Everything below one table; va: the first address that it maps. */
static void table_audit(uint64_t va, unsigned level, unsigned rights)
{
	for (unsigned i = 0; i < ENTRY_COUNT; i++) {
		uint64_t at = va + ((uint64_t)i << entry_order(level));
		uint64_t entry;
		unsigned left;

		/* The tables, seen as memory: as many again as there are, all of them one entry's.
		 */
		if (level == ENTRY_TOP_LEVEL && at == LAYOUT_TABLES_BASE)
			continue;
		entry = entry_at(at, level);
		left = entry_rights(entry, rights);
		if (!(entry & ENTRY_PRESENT))
			continue;
		if (level && !(entry & ENTRY_SUPER))
			table_audit(at, level - 1, left);
		else
			page_check(&(struct page){at, entry_order(level), left});
	}
}

unsigned audit(void)
{
	const unsigned all = LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC;

	table_audit(0, ENTRY_TOP_LEVEL, all);
	if (entry_rights(entry_at(LAYOUT_TABLES_BASE, ENTRY_TOP_LEVEL), all) != LAYOUT_READ)
		wrong++;
	printf("audit: %u pages, %u wrong\n", pages, wrong);
	return wrong;
}
