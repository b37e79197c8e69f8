/* SPDX-License-Identifier: MIT */
/*
 * Addresses and memory are two things here. Addresses are handed out once, in
 * ascending order, and stay jemalloc's, which reuses them. Memory comes and
 * goes by units of one super-page: a unit is backed while any of its pages is
 * committed, so the quota bounds what is in use and not what once was.
 *
 * Committed pages must read as zero. A page that was never committed since its
 * unit was backed is zero; others are cleared when they are committed again.
 */
#include "container/heap_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container/region.h"

#define HEAP_UNITS (LAYOUT_HEAP_SIZE / LAYOUT_SUPER_SIZE)

struct heap_unit {
	uint16_t committed; /* pages in use; the unit is backed while there are any */
	uint16_t touched;   /* pages from this one on are still zero; 0 if not backed */
};

/* Bytes from the base of the window, whole pages. */
struct range {
	uint64_t from, to;
};

static struct range range_of(const struct heap_memory *m, const void *addr, size_t size)
{
	uint64_t from = (uint64_t)addr - m->base;

	return (struct range){from, from + size};
}

static unsigned range_first(struct range r)
{
	return (unsigned)(r.from / LAYOUT_SUPER_SIZE);
}

static unsigned range_end(struct range r)
{
	return (unsigned)((r.to + LAYOUT_SUPER_SIZE - 1) / LAYOUT_SUPER_SIZE);
}

/* The part of the range that lies in one unit. */
static struct range range_in(struct range r, unsigned unit)
{
	uint64_t from = unit * LAYOUT_SUPER_SIZE, to = from + LAYOUT_SUPER_SIZE;

	return (struct range){r.from > from ? r.from : from, r.to < to ? r.to : to};
}

static size_t used_by(const struct heap_memory *m)
{
	return atomic_load_explicit(&m->used, memory_order_relaxed);
}

static size_t quota_of(const struct heap_memory *m)
{
	return atomic_load_explicit(&m->quota, memory_order_relaxed);
}

/* A word of its own for each, so that a reader who holds no lock finds it whole. */
static void counters_show(const struct heap_memory *m)
{
	if (!m->shown)
		return;
	__atomic_store_n(&m->shown[0], used_by(m), __ATOMIC_RELAXED);
	__atomic_store_n(&m->shown[1], atomic_load_explicit(&m->peak, memory_order_relaxed),
			 __ATOMIC_RELAXED);
}

static void used_set(struct heap_memory *m, size_t bytes)
{
	atomic_store_explicit(&m->used, bytes, memory_order_relaxed);
	if (bytes > atomic_load_explicit(&m->peak, memory_order_relaxed))
		atomic_store_explicit(&m->peak, bytes, memory_order_relaxed);
	counters_show(m);
}

static void run_drop(struct heap_memory *m, unsigned first, unsigned count)
{
	if (!count)
		return;
	/* Should the system refuse, the memory is only wasted: backing maps over it. */
	region_drop(m->base + first * LAYOUT_SUPER_SIZE, count * LAYOUT_SUPER_SIZE);
	for (unsigned i = 0; i < count; i++)
		m->units[first + i].touched = 0;
	used_set(m, used_by(m) - count * LAYOUT_SUPER_SIZE);
}

static void spare_drop(struct heap_memory *m)
{
	if (m->spare != HEAP_UNITS)
		run_drop(m, m->spare, 1);
	m->spare = HEAP_UNITS;
}

/* One unit stays backed, lest a loop of malloc and free back and drop it each time. */
static void run_release(struct heap_memory *m, unsigned first, unsigned count)
{
	spare_drop(m);
	run_drop(m, first, count - 1);
	m->spare = first + count - 1;
}

/* All at once, so that the system can use the largest pages that it has. */
static bool run_back(struct heap_memory *m, unsigned first, unsigned count)
{
	size_t bytes = count * LAYOUT_SUPER_SIZE;

	if (count == 1 && first == m->spare) {
		m->spare = HEAP_UNITS;
		return true;
	}
	if (m->spare - first < count || used_by(m) + bytes > quota_of(m))
		spare_drop(m);
	if (region_back_super(m->base + first * LAYOUT_SUPER_SIZE, bytes))
		return false;
	used_set(m, used_by(m) + bytes);
	return true;
}

/* How many units from first on, before end, have no committed page. */
static unsigned run_length(const struct heap_memory *m, unsigned first, unsigned end)
{
	unsigned unit = first;

	while (unit < end && !m->units[unit].committed)
		unit++;
	return unit - first;
}

static void units_release(struct heap_memory *m, unsigned first, unsigned end)
{
	for (unsigned unit = first; unit < end; unit++) {
		unsigned count = run_length(m, unit, end);

		if (count)
			run_release(m, unit, count);
		unit += count;
	}
}

/* Back what these units lack; all of it or, where the system has no memory, nothing. */
static bool units_back(struct heap_memory *m, unsigned first, unsigned end)
{
	for (unsigned unit = first; unit < end; unit++) {
		unsigned count = run_length(m, unit, end);

		if (count && !run_back(m, unit, count)) {
			units_release(m, first, unit);
			return false;
		}
		unit += count;
	}
	return true;
}

/* Whether the quota has room for the units that the range still lacks. */
static bool quota_admits(const struct heap_memory *m, struct range r)
{
	size_t need = used_by(m);

	if (m->spare != HEAP_UNITS)
		need -= LAYOUT_SUPER_SIZE;
	for (unsigned unit = range_first(r); unit < range_end(r); unit++)
		if (!m->units[unit].committed)
			need += LAYOUT_SUPER_SIZE;
	return need <= quota_of(m);
}

static void unit_commit(struct heap_memory *m, unsigned unit, struct range part)
{
	struct heap_unit *u = &m->units[unit];
	uint64_t zero_from = unit * LAYOUT_SUPER_SIZE + u->touched * LAYOUT_PAGE_SIZE;
	uint64_t dirty_to = part.to < zero_from ? part.to : zero_from;

	if (part.from < dirty_to)
		memset((char *)m->base + part.from, 0, dirty_to - part.from);
	if (part.to > zero_from)
		u->touched += (uint16_t)((part.to - zero_from) / LAYOUT_PAGE_SIZE);
	u->committed += (uint16_t)((part.to - part.from) / LAYOUT_PAGE_SIZE);
}

static bool range_commit(struct heap_memory *m, struct range r)
{
	if (!quota_admits(m, r) || !units_back(m, range_first(r), range_end(r)))
		return false;
	for (unsigned unit = range_first(r); unit < range_end(r); unit++)
		unit_commit(m, unit, range_in(r, unit));
	return true;
}

static void range_decommit(struct heap_memory *m, struct range r)
{
	for (unsigned unit = range_first(r); unit < range_end(r); unit++) {
		struct range part = range_in(r, unit);

		m->units[unit].committed -= (uint16_t)((part.to - part.from) / LAYOUT_PAGE_SIZE);
	}
	units_release(m, range_first(r), range_end(r));
}

static void *range_take(struct heap_memory *m, size_t size, size_t alignment, bool commit)
{
	struct range r = {.from = (m->next + alignment - 1) & ~(uint64_t)(alignment - 1)};

	r.to = r.from + size;
	if (r.from < m->next || r.to < r.from || r.to > LAYOUT_HEAP_SIZE)
		return NULL;
	/* A malloc that must fail uses up no addresses; jemalloc then asks for less. */
	if (commit ? !range_commit(m, r) : !quota_admits(m, r))
		return NULL;
	m->next = r.to;
	return (void *)(m->base + r.from);
}

void *heap_memory_take(struct heap_memory *m, size_t size, size_t alignment, bool commit)
{
	void *got;

	pthread_mutex_lock(&m->lock);
	got = range_take(m, size, alignment, commit);
	pthread_mutex_unlock(&m->lock);
	return got;
}

bool heap_memory_holds(const struct heap_memory *m, const void *addr)
{
	return (uint64_t)addr - m->base < LAYOUT_HEAP_SIZE;
}

bool heap_memory_commit(struct heap_memory *m, void *addr, size_t size)
{
	bool done;

	pthread_mutex_lock(&m->lock);
	done = range_commit(m, range_of(m, addr, size));
	pthread_mutex_unlock(&m->lock);
	return done;
}

void heap_memory_decommit(struct heap_memory *m, void *addr, size_t size)
{
	pthread_mutex_lock(&m->lock);
	range_decommit(m, range_of(m, addr, size));
	pthread_mutex_unlock(&m->lock);
}

void heap_memory_trim(struct heap_memory *m)
{
	pthread_mutex_lock(&m->lock);
	spare_drop(m);
	pthread_mutex_unlock(&m->lock);
}

void heap_memory_drop(struct heap_memory *m)
{
	unsigned end = (unsigned)((m->next + LAYOUT_SUPER_SIZE - 1) / LAYOUT_SUPER_SIZE);

	/* Without the lock: a thread that failed inside the allocator may hold it. */
	if (end)
		region_drop(m->base, end * LAYOUT_SUPER_SIZE);
	memset(m->units, 0, end * sizeof(*m->units));
	m->next = 0;
	m->spare = HEAP_UNITS;
	used_set(m, 0);
}

int heap_memory_create(struct heap_memory *m, uint64_t base)
{
	int err;

	m->units = calloc(HEAP_UNITS, sizeof(*m->units));
	if (!m->units)
		return -ENOMEM;
	m->base = base;
	m->spare = HEAP_UNITS;
	err = pthread_mutex_init(&m->lock, NULL);
	if (err) {
		free(m->units);
		m->units = NULL;
	}
	return -err;
}

void heap_memory_begin(struct heap_memory *m, size_t quota)
{
	atomic_store_explicit(&m->quota, quota, memory_order_relaxed);
	atomic_store_explicit(&m->peak, 0, memory_order_relaxed);
	counters_show(m);
}
