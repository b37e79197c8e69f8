/* SPDX-License-Identifier: MIT */
/*
 * A jemalloc arena a component, with extent hooks over the heap window.
 *
 * jemalloc decommits what is free at once (decay time 0), so memory that is not
 * in use is given back. Its data about an arena comes from the same hooks, in
 * blocks of one super-page or more. The first of them, which holds the arena
 * itself, is ordinary memory that is backed when touched, kept for the next life
 * of the heap; further ones, which only heaps of thousands of extents need, are
 * drawn from the window like all else.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "container/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <jemalloc/jemalloc.h>

#include "container/component.h"
#include "container/heap_memory.h"

#define ARENA_CONTAINER 0U
#define KEPT_MS 1000 /* for how long free memory stays with a component that goes on allocating */

/* jemalloc's HUGEPAGE: size and alignment of an arena's first block. */
#define FIRST_BLOCK_BYTES LAYOUT_SUPER_SIZE

enum heap_state {
	HEAP_UNUSED,
	HEAP_CREATING, /* inside arenas.create: jemalloc asks for the first block */
	HEAP_BOUND,
	HEAP_ABANDONED,
};

struct heap {
	extent_hooks_t hooks; /* first: jemalloc passes it to every hook */
	enum heap_state state;
	unsigned arena;
	void *first_block; /* mapped by the first bind, never unmapped */
	struct heap_memory memory;
};

static struct heap heaps[LAYOUT_COMPONENTS_MAX];

static int arena_control(const char *name, unsigned arena, void *value, size_t size)
{
	size_t mib[3], length = 3;
	int err = mallctlnametomib(name, mib, &length);

	mib[1] = arena;
	return err ? err : mallctlbymib(mib, length, NULL, NULL, value, size);
}

/*
 * What was freed of late is still jemalloc's, lest a loop that frees and
 * allocates clears its memory each time. Where the quota stands in the way it
 * comes back now. Of the locks of an arena only that of growth is held in a
 * hook, which purging does not take. False where there is nothing to purge.
 */
static bool heap_purge(const struct heap *h)
{
	return h->state == HEAP_BOUND && !arena_control("arena.0.purge", h->arena, NULL, 0);
}

static void *hook_alloc(extent_hooks_t *hooks, void *at, size_t size, size_t alignment, bool *zero,
			bool *commit, unsigned arena)
{
	struct heap *h = (struct heap *)hooks;
	void *got;

	(void)arena;
	if (at)
		return NULL; /* nothing is ever grown in place */
	*zero = true;
	if (h->state == HEAP_CREATING)
		return size == FIRST_BLOCK_BYTES ? h->first_block : NULL;
	got = heap_memory_take(&h->memory, size, alignment, *commit);
	if (!got && heap_purge(h))
		got = heap_memory_take(&h->memory, size, alignment, *commit);
	return got;
}

static bool hook_commit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			size_t length, unsigned arena)
{
	struct heap *h = (struct heap *)hooks;

	(void)size;
	(void)arena;
	return !heap_memory_commit(&h->memory, (char *)addr + offset, length) &&
	       !(heap_purge(h) && heap_memory_commit(&h->memory, (char *)addr + offset, length));
}

static bool hook_decommit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			  size_t length, unsigned arena)
{
	struct heap *h = (struct heap *)hooks;

	(void)size;
	(void)arena;
	/* The first block, when the arena is destroyed: the next arena's must be zero. */
	if (!heap_memory_holds(&h->memory, addr))
		return madvise(addr, size, MADV_DONTNEED) != 0;
	heap_memory_decommit(&h->memory, (char *)addr + offset, length);
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

/* An aligned block comes by cutting both ends off a larger piece. */
static void *first_block_map(void)
{
	const size_t bytes = 2 * FIRST_BLOCK_BYTES;
	void *piece = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t base, block;

	if (piece == MAP_FAILED)
		return NULL;
	base = (uint64_t)piece;
	block = (base + FIRST_BLOCK_BYTES - 1) & ~(FIRST_BLOCK_BYTES - 1);
	if (block > base)
		munmap(piece, block - base);
	munmap((void *)(block + FIRST_BLOCK_BYTES), FIRST_BLOCK_BYTES - (block - base));
	return (void *)block;
}

/* What is made once and serves every life of the heap. */
static int heap_create(struct heap *h, unsigned component)
{
	h->hooks = heap_hooks;
	if (!h->first_block)
		h->first_block = first_block_map();
	if (!h->first_block)
		return -ENOMEM;
	return h->memory.units ? 0 : heap_memory_create(&h->memory, layout_heap_base(component));
}

/* What the thread has cached so far belongs to the old arena; it goes back before the change. */
static int thread_arena_set(unsigned arena)
{
	int err = mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);

	return err ? err : mallctl("thread.arena", NULL, NULL, &arena, sizeof(arena));
}

static int arena_create(struct heap *h)
{
	extent_hooks_t *hooks = &h->hooks;
	size_t size = sizeof(h->arena);
	int err;

	h->state = HEAP_CREATING;
	err = mallctl("arenas.create", &h->arena, &size, &hooks, sizeof(hooks));
	h->state = err ? HEAP_UNUSED : HEAP_BOUND;
	return err;
}

/* Grow by one unit at a time, and not by ever larger steps; then the thread moves in. */
static int arena_enter(const struct heap *h)
{
	size_t limit = LAYOUT_SUPER_SIZE;
	ssize_t kept_ms = KEPT_MS;
	int err = arena_control("arena.0.retain_grow_limit", h->arena, &limit, sizeof(limit));

	if (!err)
		err = arena_control("arena.0.dirty_decay_ms", h->arena, &kept_ms, sizeof(kept_ms));
	return err ? err : thread_arena_set(h->arena);
}

int heap_bind(unsigned component, size_t quota)
{
	struct heap *h;
	int err;

	if (component >= LAYOUT_COMPONENTS_MAX || quota % LAYOUT_SUPER_SIZE ||
	    quota < HEAP_MIN_BYTES || quota > HEAP_MAX_BYTES)
		return -EINVAL;
	h = &heaps[component];
	if (h->state != HEAP_UNUSED)
		return h->state == HEAP_ABANDONED ? -EIO : -EBUSY;
	err = heap_create(h, component);
	if (err)
		return err;
	heap_memory_begin(&h->memory, quota);
	err = arena_create(h);
	if (err)
		return -err;
	err = arena_enter(h);
	if (err)
		heap_release(component);
	return -err;
}

static bool heap_is_bound(unsigned component)
{
	return component < LAYOUT_COMPONENTS_MAX && heaps[component].state == HEAP_BOUND;
}

int heap_join(unsigned component)
{
	if (!heap_is_bound(component))
		return -EINVAL;
	return thread_arena_set(heaps[component].arena) ? -ENOMEM : 0;
}

void heap_leave(void)
{
	thread_arena_set(ARENA_CONTAINER);
}

int heap_release(unsigned component)
{
	struct heap *h;

	if (!heap_is_bound(component))
		return -EINVAL;
	h = &heaps[component];
	/* Blocks that this thread freed for the component, such as those of its threads, are cached
	 * here. */
	mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
	/* No destroy hook: jemalloc forgets what it retained, the window drops it. */
	if (arena_control("arena.0.destroy", h->arena, NULL, 0))
		return -EBUSY;
	h->state = HEAP_UNUSED;
	heap_memory_drop(&h->memory);
	return 0;
}

void heap_abandon(unsigned component)
{
	struct heap *h = &heaps[component];

	if (h->state == HEAP_BOUND)
		heap_memory_drop(&h->memory);
	h->state = HEAP_ABANDONED;
}

void heap_show(unsigned component, uint64_t *shown)
{
	heaps[component].memory.shown = shown;
}

void heap_trim(unsigned component)
{
	if (!heap_is_bound(component))
		return;
	mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
	heap_purge(&heaps[component]);
	heap_memory_trim(&heaps[component].memory);
}

void heap_stats(unsigned component, struct component_stats *out)
{
	const struct heap_memory *m;

	*out = (struct component_stats){0};
	if (component >= LAYOUT_COMPONENTS_MAX)
		return;
	m = &heaps[component].memory;
	out->heap_quota = atomic_load_explicit(&m->quota, memory_order_relaxed);
	out->heap_used = atomic_load_explicit(&m->used, memory_order_relaxed);
	out->heap_peak = atomic_load_explicit(&m->peak, memory_order_relaxed);
}
