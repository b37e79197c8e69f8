/* SPDX-License-Identifier: MIT */
/*
 * One heap a component, in the component's own window of the address map.
 *
 * Memory is drawn from the window in whole super-pages, up to the quota; at the
 * quota malloc answers NULL in that component alone. heap.c does it with a
 * jemalloc arena; heap_plain.c, for builds whose malloc belongs to a sanitizer,
 * leaves malloc alone and only knows the quota.
 */
#ifndef CONTAINER_HEAP_H
#define CONTAINER_HEAP_H

#include <stddef.h>

#include "layout/layout.h"

struct component_stats;

/* One super-page for the arena's own data, one for the component's. */
#define HEAP_MIN_BYTES (2 * LAYOUT_SUPER_SIZE)

/* More than a window holds can never be given out. */
#define HEAP_MAX_BYTES LAYOUT_HEAP_SIZE

/*
 * Make the component's heap and have the calling thread's malloc draw on it.
 * Once a component. The quota is HEAP_MIN_BYTES to HEAP_MAX_BYTES, in whole
 * super-pages. Returns 0 or a negative errno.
 */
int heap_bind(unsigned component, size_t quota);

/* Counters of one component, in O(1); zeroes for one that has no heap. */
void heap_stats(unsigned component, struct component_stats *out);

#endif
