/* SPDX-License-Identifier: MIT */
/*
 * The windows of layout/layout.h in a running image.
 *
 * region_reserve claims them all before anything else is mapped; after that,
 * region_back and region_drop may map with MAP_FIXED and hit nobody. In the
 * guest the windows are the container's from the start.
 */
#ifndef CONTAINER_REGION_H
#define CONTAINER_REGION_H

#include <stddef.h>
#include <stdint.h>

struct layout_region;

/*
 * Claim every region that both targets have, but for the image itself, whose
 * tables of functions, set by now, become read-only. Returns 0, or a negative errno with *taken the
 * region that is not free.
 */
int region_reserve(const struct layout_region **taken);

/* Back whole pages with zeroes, readable and writable. Returns 0 or a negative errno. */
int region_back(uint64_t base, size_t size);

/* Back with super-pages where there are some; base and size are whole super-pages. */
int region_back_super(uint64_t base, size_t size);

/* Give the memory of whole pages back and keep the addresses claimed. */
int region_drop(uint64_t base, size_t size);

#endif
