/* SPDX-License-Identifier: MIT */
/*
 * Maps and unmaps memory as Linux has it; with the argument "all", touches more
 * than there is.
 */
#define _GNU_SOURCE /* MAP_FIXED_NOREPLACE */

#include "layout/layout.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define BYTES (16 * LAYOUT_PAGE_SIZE)

static int failures;

static void check(const char *what, bool good)
{
	printf("mapper: %s: %s\n", what, good ? "yes" : "no");
	failures += !good;
}

static bool is_zero(const char *p, size_t bytes)
{
	return p[0] == 0 && !memcmp(p, p + 1, bytes - 1);
}

static char *map(void *at, size_t bytes, int flags)
{
	char *p = mmap(at, bytes, RW, ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void places_check(void)
{
	char *p = map(NULL, BYTES, 0), *middle = p + BYTES / 2;

	memset(p, 1, BYTES);
	check("what is there is not replaced",
	      !map(middle, LAYOUT_PAGE_SIZE, MAP_FIXED_NOREPLACE) && errno == EEXIST);
	check("and still there", *middle == 1);
	check("a hole can be made", !munmap(middle, LAYOUT_PAGE_SIZE));
	check("and filled", map(middle, LAYOUT_PAGE_SIZE, MAP_FIXED_NOREPLACE) == middle);
	check("with zeroes", is_zero(middle, LAYOUT_PAGE_SIZE));
	check("what is there can be replaced", map(p, BYTES, MAP_FIXED) == p);
	check("with zeroes, too", is_zero(p, BYTES));
	munmap(p, BYTES);
	p = map(NULL, BYTES, MAP_STACK);
	memset(p, 1, BYTES);
	check("so can a stack", map(p, BYTES, MAP_FIXED) == p && is_zero(p, BYTES));
	munmap(p, BYTES);
}

static void heap_check(const char *own)
{
	/* The first super-page of this component's heap. */
	char *unit = (char *)((uint64_t)own & ~(LAYOUT_SUPER_SIZE - 1));

	check("a heap's memory is not replaced",
	      !map(unit, LAYOUT_SUPER_SIZE, MAP_FIXED_NOREPLACE) && errno == EEXIST);
}

static void lengths_check(void)
{
	volatile size_t nothing = 0;
	char *p = map(NULL, BYTES, 0);

	check("no bytes can be protected", !mprotect(p, nothing, PROT_READ));
	check("and advised", !madvise(p, nothing, MADV_DONTNEED));
	check("but not unmapped", munmap(p, nothing) == -1 && errno == EINVAL);
	check("nor mapped", !map(NULL, nothing, 0) && errno == EINVAL);
	check("nor protected from the middle of a page",
	      mprotect(p + 1, nothing, PROT_READ) == -1 && errno == EINVAL);
	*p = 1;
	munmap(p, BYTES);
}

static void rights_check(void)
{
	char *text = (char *)((uint64_t)check & ~(LAYOUT_PAGE_SIZE - 1));
	bool refused = mprotect(text, LAYOUT_PAGE_SIZE, RW) == -1;

	check("text cannot be made writable", refused);
}

static void everything_touch(void)
{
	for (;;) {
		char *p = map(NULL, LAYOUT_SUPER_SIZE, 0);

		for (size_t at = 0; p && at < LAYOUT_SUPER_SIZE; at += LAYOUT_PAGE_SIZE)
			((volatile char *)p)[at] = 1;
	}
}

int main(int argc, char **argv)
{
	char *own = strdup("own");

	if (argc > 1 && !strcmp(argv[1], "all"))
		everything_touch();
	places_check();
	heap_check(own);
	lengths_check();
	if (argc > 1 && !strcmp(argv[1], "guest"))
		rights_check();
	printf("mapper: %d failures\n", failures);
	return failures != 0;
}
