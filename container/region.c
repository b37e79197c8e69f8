/* SPDX-License-Identifier: MIT */
/*
 * Claiming, backing and dropping parts of the address map by mmap alone. The
 * guest serves the same calls.
 */
#include "container/region.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "layout/layout.h"

#define REGION_CLAIM (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static bool region_is_ours(const struct layout_region *r)
{
	return r->target == LAYOUT_BOTH && r->base >= LAYOUT_WINDOW_BASE;
}

static int region_claim(const struct layout_region *r)
{
	void *want = (void *)r->base;
	void *got = mmap(want, r->size, PROT_NONE, REGION_CLAIM | MAP_FIXED_NOREPLACE, -1, 0);

	if (got == MAP_FAILED)
		return -errno;
	if (got == want)
		return 0;
	/* Linux before 4.17 takes the address as no more than a hint. */
	munmap(got, r->size);
	return -EEXIST;
}

/* From the linker script; builds with a sanitizer are linked without it. */
extern const char image_settled_start[] __attribute__((weak));
extern const char image_settled_end[] __attribute__((weak));

static int image_settle(void)
{
	uint64_t start = (uint64_t)image_settled_start, end = (uint64_t)image_settled_end;

	return end > start && mprotect((void *)start, end - start, PROT_READ) ? -errno : 0;
}

int region_reserve(const struct layout_region **taken)
{
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++) {
		const struct layout_region *r = &layout_regions[i];
		int err = region_is_ours(r) ? region_claim(r) : 0;

		if (err) {
			*taken = r;
			return err;
		}
	}
	*taken = &layout_regions[LAYOUT_REGION_IMAGE];
	return image_settle();
}

static int region_map(uint64_t base, size_t size, int rights)
{
	void *got = mmap((void *)base, size, rights, REGION_CLAIM | MAP_FIXED, -1, 0);

	return got == MAP_FAILED ? -errno : 0;
}

int region_back(uint64_t base, size_t size)
{
	return region_map(base, size, PROT_READ | PROT_WRITE);
}

int region_back_super(uint64_t base, size_t size)
{
	int err = region_back(base, size);

	/* A wish: a kernel without transparent huge pages gives small ones. */
	if (!err)
		madvise((void *)base, size, MADV_HUGEPAGE);
	return err;
}

int region_drop(uint64_t base, size_t size)
{
	return region_map(base, size, PROT_NONE);
}
