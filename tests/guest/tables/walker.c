/* SPDX-License-Identifier: MIT */
/*
 * Looks up single addresses in the guest's page tables, and then has every page
 * that is mapped compared with the address map.
 */
#include <atoll.h>
#include "entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char constant[] = "read only";
static unsigned failures;

static void check(const char *what, uint64_t va, unsigned order, unsigned rights)
{
	unsigned found_rights, found = entry_walk(va, &found_rights);

	if (!found)
		found_rights = 0;
	printf("walker: %-16s %#14lx  page of %4lu KiB, %c%c%c\n", what, va,
	       found ? (1UL << found) / 1024 : 0, found_rights & LAYOUT_READ ? 'r' : '-',
	       found_rights & LAYOUT_WRITE ? 'w' : '-', found_rights & LAYOUT_EXEC ? 'x' : '-');
	if (found == order && found_rights == rights)
		return;
	printf("walker: failed: %s: expected a page of %lu KiB, rights %u\n", what,
	       order ? (1UL << order) / 1024 : 0, rights);
	failures++;
}

int main(void)
{
	const unsigned rw = LAYOUT_READ | LAYOUT_WRITE;
	struct channel *link = channel_open("link");
	void *room = NULL, *block = malloc(1 << 20);
	int local;

	if (!block)
		return 2;
	if (channel_reserve(link, 8, CHANNEL_FOREVER, &room) != CHANNEL_OK)
		failures++;
	memset(block, 1, 1 << 20);
	check("page 0", 0, 0, 0);
	check("below the image", LAYOUT_IMAGE_BASE - LAYOUT_PAGE_SIZE, 0, 0);
	check("text", (uintptr_t)main, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_EXEC);
	check("constant", (uintptr_t)constant, LAYOUT_PAGE_ORDER, LAYOUT_READ);
	check("data", (uintptr_t)&failures, LAYOUT_PAGE_ORDER, rw);
	check("heap", (uintptr_t)block, LAYOUT_SUPER_ORDER, rw);
	check("heap's end", layout_heap_base(0) + LAYOUT_MIB(8), 0, 0);
	check("ring", (uintptr_t)room, LAYOUT_SUPER_ORDER, rw);
	check("stack", (uintptr_t)&local, LAYOUT_PAGE_ORDER, rw);
	check("stack's guard", layout_stack_end(0), 0, 0);
	check("tables", LAYOUT_TABLES_BASE + (LAYOUT_IMAGE_BASE >> 9), LAYOUT_PAGE_ORDER,
	      LAYOUT_READ);
	check("no region", LAYOUT_CORES_END, 0, 0);
	failures += audit() != 0;
	free(block);
	return failures != 0;
}
