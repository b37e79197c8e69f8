/* SPDX-License-Identifier: MIT */
/*
 * Backs 1 GiB of a heap window as the heap does, at once, and looks at the page
 * table: one page, zeroed; cut into super-pages where a part of it goes; whole
 * again when it is backed anew.
 */
#include "../tables/entry.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define FIXED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)

static int failures;

static void check(const char *what, bool good)
{
	printf("giant: %s: %s\n", what, good ? "yes" : "no");
	failures += !good;
}

static unsigned page_order(uint64_t va)
{
	unsigned rights;

	return entry_walk(va, &rights);
}

static bool back(uint64_t va, size_t bytes)
{
	return mmap((void *)va, bytes, RW, FIXED, -1, 0) == (void *)va;
}

static bool drop(uint64_t va, size_t bytes)
{
	return mmap((void *)va, bytes, PROT_NONE, FIXED, -1, 0) == (void *)va;
}

/* Each page of it: the first word is zero, and keeps what is written. */
static bool is_fresh(uint64_t va, size_t bytes)
{
	for (uint64_t at = va; at < va + bytes; at += LAYOUT_PAGE_SIZE) {
		volatile uint64_t *word = (volatile uint64_t *)at;

		if (*word)
			return false;
		*word = at;
	}
	return *(volatile uint64_t *)va == va;
}

int main(void)
{
	/* Far behind what the heap itself has used of its window. */
	const uint64_t base = layout_heap_base(0) + 8 * LAYOUT_GIGA_SIZE;
	const uint64_t second = base + LAYOUT_SUPER_SIZE;

	check("1 GiB is backed", back(base, LAYOUT_GIGA_SIZE));
	check("by one page", page_order(base) == LAYOUT_GIGA_ORDER);
	check("which is zero", is_fresh(base, LAYOUT_GIGA_SIZE));
	check("a part of it goes", drop(second, LAYOUT_SUPER_SIZE) && !page_order(second));
	check("what is around it stays",
	      *(volatile uint64_t *)base == base && page_order(base) == LAYOUT_SUPER_ORDER &&
		      page_order(second + LAYOUT_SUPER_SIZE) == LAYOUT_SUPER_ORDER);
	check("all of it goes", drop(base, LAYOUT_GIGA_SIZE) && !page_order(base));
	check("1 GiB is backed again", back(base, LAYOUT_GIGA_SIZE));
	check("by one page again", page_order(base) == LAYOUT_GIGA_ORDER);
	check("which is zero, too", is_fresh(base, LAYOUT_GIGA_SIZE));
	check("and goes whole", drop(base, LAYOUT_GIGA_SIZE) && !page_order(base));
	check("two super-pages too few are no page of 1 GiB",
	      back(base, LAYOUT_GIGA_SIZE - 2 * LAYOUT_SUPER_SIZE) &&
		      page_order(base) == LAYOUT_SUPER_ORDER &&
		      drop(base, LAYOUT_GIGA_SIZE - 2 * LAYOUT_SUPER_SIZE));
	printf("giant: %d failures\n", failures);
	return failures != 0;
}
