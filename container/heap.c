/* SPDX-License-Identifier: MIT */
/*
 * A jemalloc arena a component, with extent hooks over the heap window.
 *
 * Addresses and memory are two things here. Addresses are handed out once, in
 * ascending order, and stay jemalloc's, which reuses them. Memory comes and
 * goes by units of one super-page: a unit is backed while any of its pages is
 * committed, and jemalloc decommits what is free at once (decay time 0), so
 * the quota bounds what is in use and not what once was.
 *
 * Committed pages must read as zero. A page that was never committed since its
 * unit was backed is zero; others are cleared when they are committed again.
 */
#include "container/heap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <jemalloc/jemalloc.h>

#include "container/component.h"
#include "container/region.h"

#define UNIT_PAGES (LAYOUT_SUPER_SIZE / LAYOUT_PAGE_SIZE)
#define HEAP_UNITS (LAYOUT_HEAP_SIZE / LAYOUT_SUPER_SIZE)

/* Beside the components' arenas there is one, the container's; free memory goes back at once. */
const char *malloc_conf = "narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0,oversize_threshold:0,"
			  "retain:true,background_thread:false";

struct unit {
	uint16_t committed; /* pages in use; the unit is backed while there are any */
	uint16_t touched;   /* pages from this one on are still zero; 0 if not backed */
};

struct heap {
	extent_hooks_t hooks; /* first: jemalloc passes it to every hook */
	pthread_mutex_t lock; /* all below but the counters, which are read without it */
	uint64_t base;        /* of the window */
	uint64_t next;        /* bytes of addresses given out */
	struct unit *units;   /* HEAP_UNITS of them */
	unsigned spare;       /* a backed unit without committed pages, or HEAP_UNITS */
	size_t quota;         /* bytes; constant */
	atomic_size_t used;   /* bytes of backed units */
	atomic_size_t peak;
};

static struct heap heaps[LAYOUT_COMPONENTS_MAX];

static uint64_t unit_base(const struct heap *h, uint64_t unit)
{
	return h->base + unit * LAYOUT_SUPER_SIZE;
}

static void used_add(struct heap *h, size_t bytes)
{
	size_t used = atomic_load_explicit(&h->used, memory_order_relaxed) + bytes;

	atomic_store_explicit(&h->used, used, memory_order_relaxed);
	if (used > atomic_load_explicit(&h->peak, memory_order_relaxed))
		atomic_store_explicit(&h->peak, used, memory_order_relaxed);
}

/* The part of [from, to) that lies in one unit, in pages of that unit. */
struct part {
	unsigned unit;
	unsigned first, end;
};

/* Steps through [*from, to), bytes from the base of the window. */
static bool part_next(uint64_t *from, uint64_t to, struct part *p)
{
	uint64_t start = *from, stop;

	if (start >= to)
		return false;
	p->unit = (unsigned)(start / LAYOUT_SUPER_SIZE);
	stop = (p->unit + 1) * LAYOUT_SUPER_SIZE;
	if (stop > to)
		stop = to;
	p->first = (unsigned)(start % LAYOUT_SUPER_SIZE / LAYOUT_PAGE_SIZE);
	p->end = p->first + (unsigned)((stop - start) / LAYOUT_PAGE_SIZE);
	*from = stop;
	return true;
}

static void unit_drop(struct heap *h, unsigned unit)
{
	/* Should the system refuse, the memory is only wasted: backing maps over it. */
	region_drop(unit_base(h, unit), LAYOUT_SUPER_SIZE);
	h->units[unit].touched = 0;
	used_add(h, -LAYOUT_SUPER_SIZE);
}

static void spare_drop(struct heap *h)
{
	if (h->spare != HEAP_UNITS)
		unit_drop(h, h->spare);
	h->spare = HEAP_UNITS;
}

/* One unit stays backed, lest a loop of malloc and free back and drop it each time. */
static void unit_release(struct heap *h, unsigned unit)
{
	spare_drop(h);
	h->spare = unit;
}

static bool unit_back(struct heap *h, unsigned unit)
{
	if (unit == h->spare) {
		h->spare = HEAP_UNITS;
		return true;
	}
	if (atomic_load_explicit(&h->used, memory_order_relaxed) == h->quota)
		spare_drop(h);
	if (region_back_super(unit_base(h, unit), LAYOUT_SUPER_SIZE))
		return false;
	used_add(h, LAYOUT_SUPER_SIZE);
	return true;
}

/* Whether the quota has room for the units that [from, to) still lacks. */
static bool quota_admits(const struct heap *h, uint64_t from, uint64_t to)
{
	size_t need = atomic_load_explicit(&h->used, memory_order_relaxed);
	struct part p;

	if (h->spare != HEAP_UNITS)
		need -= LAYOUT_SUPER_SIZE;
	while (part_next(&from, to, &p))
		if (!h->units[p.unit].committed)
			need += LAYOUT_SUPER_SIZE;
	return need <= h->quota;
}

/* Back what [from, to) lacks; all of it or, where the system has no memory, nothing. */
static bool range_back(struct heap *h, uint64_t from, uint64_t to)
{
	uint64_t at = from, undo = from;
	struct part p, q;

	while (part_next(&at, to, &p)) {
		if (h->units[p.unit].committed || unit_back(h, p.unit))
			continue;
		while (part_next(&undo, to, &q) && q.unit != p.unit)
			if (!h->units[q.unit].committed)
				unit_release(h, q.unit);
		return false;
	}
	return true;
}

static void part_commit(struct heap *h, const struct part *p)
{
	struct unit *u = &h->units[p->unit];
	unsigned dirty_end = p->end < u->touched ? p->end : u->touched;

	if (p->first < dirty_end)
		memset((char *)unit_base(h, p->unit) + p->first * LAYOUT_PAGE_SIZE, 0,
		       (dirty_end - p->first) * LAYOUT_PAGE_SIZE);
	if (p->end > u->touched)
		u->touched = (uint16_t)p->end;
	u->committed += (uint16_t)(p->end - p->first);
}

static bool range_commit(struct heap *h, uint64_t from, uint64_t to)
{
	struct part p;

	if (!quota_admits(h, from, to) || !range_back(h, from, to))
		return false;
	while (part_next(&from, to, &p))
		part_commit(h, &p);
	return true;
}

static void range_decommit(struct heap *h, uint64_t from, uint64_t to)
{
	struct part p;

	while (part_next(&from, to, &p)) {
		struct unit *u = &h->units[p.unit];

		u->committed -= (uint16_t)(p.end - p.first);
		if (!u->committed)
			unit_release(h, p.unit);
	}
}

/*
 * The next addresses, all of them zero and never used. Where the quota could
 * not back them the answer is NULL even if no memory is asked for yet, so that
 * a malloc that must fail uses up no addresses; jemalloc then asks for less.
 */
static void *range_take(struct heap *h, size_t size, size_t alignment, bool commit)
{
	uint64_t from = (h->next + alignment - 1) & ~(uint64_t)(alignment - 1);
	uint64_t to = from + size;

	if (from < h->next || to < from || to > LAYOUT_HEAP_SIZE)
		return NULL;
	if (commit ? !range_commit(h, from, to) : !quota_admits(h, from, to))
		return NULL;
	h->next = to;
	return (void *)(h->base + from);
}

static void *hook_alloc(extent_hooks_t *hooks, void *at, size_t size, size_t alignment, bool *zero,
			bool *commit, unsigned arena)
{
	struct heap *h = (struct heap *)hooks;
	void *got;

	(void)arena;
	if (at)
		return NULL; /* nothing is ever grown in place */
	pthread_mutex_lock(&h->lock);
	got = range_take(h, size, alignment, *commit);
	pthread_mutex_unlock(&h->lock);
	*zero = true;
	return got;
}

static bool hook_commit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			size_t length, unsigned arena)
{
	struct heap *h = (struct heap *)hooks;
	uint64_t from = (uint64_t)addr + offset - h->base;
	bool done;

	(void)size;
	(void)arena;
	pthread_mutex_lock(&h->lock);
	done = range_commit(h, from, from + length);
	pthread_mutex_unlock(&h->lock);
	return !done;
}

static bool hook_decommit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			  size_t length, unsigned arena)
{
	struct heap *h = (struct heap *)hooks;
	uint64_t from = (uint64_t)addr + offset - h->base;

	(void)size;
	(void)arena;
	pthread_mutex_lock(&h->lock);
	range_decommit(h, from, from + length);
	pthread_mutex_unlock(&h->lock);
	return false;
}

static bool hook_split(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a, size_t size_b,
		       bool committed, unsigned arena)
{
	(void)hooks, (void)addr, (void)size, (void)size_a, (void)size_b;
	(void)committed, (void)arena;
	return false;
}

static bool hook_merge(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b,
		       size_t size_b, bool committed, unsigned arena)
{
	(void)hooks, (void)addr_a, (void)size_a, (void)addr_b, (void)size_b;
	(void)committed, (void)arena;
	return false;
}

/* No dalloc: addresses stay jemalloc's. No purge: decommit never fails. */
static const extent_hooks_t heap_hooks = {
	.alloc = hook_alloc,
	.commit = hook_commit,
	.decommit = hook_decommit,
	.split = hook_split,
	.merge = hook_merge,
};

static int heap_create(struct heap *h, unsigned component, size_t quota)
{
	h->units = calloc(HEAP_UNITS, sizeof(*h->units));
	if (!h->units)
		return -ENOMEM;
	h->hooks = heap_hooks;
	h->base = layout_heap_base(component);
	h->spare = HEAP_UNITS;
	h->quota = quota;
	return -pthread_mutex_init(&h->lock, NULL);
}

/* Grow by one unit at a time, and not by ever larger steps. */
static int arena_limit_growth(unsigned arena)
{
	size_t mib[3], length = 3, limit = LAYOUT_SUPER_SIZE;
	int err = mallctlnametomib("arena.0.retain_grow_limit", mib, &length);

	mib[1] = arena;
	return err ? err : mallctlbymib(mib, length, NULL, NULL, &limit, sizeof(limit));
}

/* What the thread has cached so far is the container's; it goes back before the change. */
static int arena_bind(struct heap *h)
{
	extent_hooks_t *hooks = &h->hooks;
	unsigned arena;
	size_t size = sizeof(arena);
	int err = mallctl("arenas.create", &arena, &size, &hooks, sizeof(hooks));

	if (!err)
		err = arena_limit_growth(arena);
	if (!err)
		err = mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
	if (!err)
		err = mallctl("thread.arena", NULL, NULL, &arena, sizeof(arena));
	return -err;
}

int heap_bind(unsigned component, size_t quota)
{
	struct heap *h;
	int err;

	if (component >= LAYOUT_COMPONENTS_MAX || heaps[component].units ||
	    quota % LAYOUT_SUPER_SIZE || quota < HEAP_MIN_BYTES || quota > HEAP_MAX_BYTES)
		return -EINVAL;
	h = &heaps[component];
	err = heap_create(h, component, quota);
	return err ? err : arena_bind(h);
}

void heap_stats(unsigned component, struct component_stats *out)
{
	*out = (struct component_stats){0};
	if (component >= LAYOUT_COMPONENTS_MAX)
		return;
	out->heap_quota = heaps[component].quota;
	out->heap_used = atomic_load_explicit(&heaps[component].used, memory_order_relaxed);
	out->heap_peak = atomic_load_explicit(&heaps[component].peak, memory_order_relaxed);
}
