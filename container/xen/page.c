/* SPDX-License-Identifier: MIT */
/*
 * The page tables of the guest: see page.h.
 *
 * Levels count from the leaf: 0 is a page table, 3 the PML4.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/frame.h"
#include "container/xen/hypercall.h"
#include "container/xen/lock.h"
#include "container/xen/page.h"
#include "container/xen/panic.h"
#include "container/xen/string.h"
#include "container/xen/user.h"
#include "layout/layout.h"

#include <asm/errno.h>

#define PTE_NX (UINT64_C(1) << 63)
#define PTE_KEPT 0x200 /* software's: the frame is there, but no access is allowed */
#define PTE_FRAME ((UINT64_C(1) << 52) - LAYOUT_PAGE_SIZE)
#define VA_MASK ((UINT64_C(1) << 48) - 1)
#define TOP_LEVEL 3
#define GIGA_LEVEL 2
#define SUPER_LEVEL 1
#define GIGAS_MAX 256
#define CPUID_EXTENDED 0x80000001
#define CPUID_GIGA (1u << 26) /* in edx */
#define FRESH_MAX 8
#define UNMAP_BATCH 64

extern uint64_t boot_pml4[PAGE_TABLE_ENTRIES], boot_pd[PAGE_TABLE_ENTRIES];

static struct lock page_lock; /* covers the tables */
static bool identity = true;  /* physical memory below 1 GiB is mapped to itself */
/* A table for each page of 1 GiB, for when a part of it goes. */
static uint64_t spare_tables[GIGAS_MAX];
static unsigned spare_count;
static bool guarded; /* cores run with CR0.WP; until then one core runs alone */

static unsigned level_order(unsigned level)
{
	return LAYOUT_PAGE_ORDER + 9 * level;
}

/* Where the recursive slot shows the entry for va of this level. */
static volatile uint64_t *entry_at(uint64_t va, unsigned level)
{
	uint64_t slot = LAYOUT_TABLES_BASE >> level_order(TOP_LEVEL) & (PAGE_TABLE_ENTRIES - 1);
	uint64_t base = LAYOUT_TABLES_BASE;

	for (unsigned l = 0; l < level; l++)
		base += slot << level_order(TOP_LEVEL - 1 - l);
	return (volatile uint64_t *)(base + ((va & VA_MASK) >> level_order(level)) * 8);
}

static uint64_t leaf_bits(unsigned rights)
{
	uint64_t bits = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;

	if (!rights)
		return PTE_KEPT;
	if (rights & LAYOUT_WRITE)
		bits |= PTE_WRITE;
	if (!(rights & LAYOUT_EXEC))
		bits |= PTE_NX;
	return bits;
}

static void edit_begin(void)
{
	lock_take(&page_lock);
	if (guarded)
		cpu_cr0_set(CR0_ON & ~CR0_WP);
}

static void edit_end(void)
{
	if (guarded)
		cpu_cr0_set(CR0_ON);
	lock_drop(&page_lock);
}

/* A frame that is mapped nowhere, seen through this core's window until window_close. */
static void *window_open(uint64_t frame)
{
	uint64_t window = core_stack_end(core_self()->id, CORE_WINDOW) - LAYOUT_PAGE_SIZE;

	if (identity)
		return (void *)frame;
	*entry_at(window, 0) = frame | leaf_bits(LAYOUT_READ | LAYOUT_WRITE);
	cpu_page_flush(window);
	return (void *)window;
}

static void window_close(void *window)
{
	if (identity)
		return;
	*entry_at((uint64_t)window, 0) = 0;
	cpu_page_flush((uint64_t)window);
}

static void frame_zero(uint64_t frame)
{
	void *window = window_open(frame);

	memset(window, 0, LAYOUT_PAGE_SIZE);
	window_close(window);
}

/* Make the tables above the entry for va of this level. 0 or -ENOMEM. */
static int tables_make(uint64_t va, unsigned level)
{
	for (unsigned l = TOP_LEVEL; l > level; l--) {
		volatile uint64_t *entry = entry_at(va, l);

		if (*entry & PTE_PRESENT)
			continue;

		uint64_t frame = frame_get();

		if (frame == FRAME_NONE)
			return -ENOMEM;
		/* A walker may look at the table as soon as it is linked: zero it /before/. */
		frame_zero(frame);
		*entry = frame | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	}
	return 0;
}

/* The leaf entry that maps va, or would; its level in *level; NULL: no table there. */
static volatile uint64_t *leaf_find(uint64_t va, unsigned *level)
{
	for (unsigned l = TOP_LEVEL;; l--) {
		volatile uint64_t *entry = entry_at(va, l);

		uint64_t value = *entry; /* once: callers without the lock */

		*level = l;
		if (l == 0 || (value & PTE_SUPER))
			return entry;
		if (!(value & PTE_PRESENT))
			return NULL;
	}
}

/* First byte behind the range that one entry of this level covers at va. */
static uint64_t entry_end(uint64_t va, unsigned level)
{
	return (va | ((UINT64_C(1) << level_order(level)) - 1)) + 1;
}

static void flush_all(void)
{
	if (core_count() > 1)
		hypercall_flush_tlbs();
	else
		cpu_cr3_set(cpu_cr3());
}

static int map_locked(uint64_t va, uint64_t pa, uint64_t end, unsigned rights)
{
	while (va < end) {
		bool super = (va | pa) % LAYOUT_SUPER_SIZE == 0 && end - va >= LAYOUT_SUPER_SIZE;
		unsigned level = super ? SUPER_LEVEL : 0;
		uint64_t step = UINT64_C(1) << level_order(level);

		if (tables_make(va, level) < 0)
			return -ENOMEM;
		*entry_at(va, level) = pa | leaf_bits(rights) | (super ? PTE_SUPER : 0);
		va += step;
		pa += step;
	}
	return 0;
}

int page_map(uint64_t va, uint64_t pa, uint64_t size, unsigned rights)
{
	edit_begin();
	int ret = map_locked(va, pa, va + size, rights);

	edit_end();
	flush_all();
	return ret;
}

/* Cut the page of 1 GiB that maps va into super-pages. */
static void giga_split(uint64_t va)
{
	volatile uint64_t *entry = entry_at(va, GIGA_LEVEL);
	uint64_t value = *entry, table = spare_tables[--spare_count];
	uint64_t *window = window_open(table);

	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		window[i] = value + i * LAYOUT_SUPER_SIZE;
	window_close(window);
	*entry = table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

/* As leaf_find, but no more than [va, end) of a page of 1 GiB is left in one piece. */
static volatile uint64_t *leaf_within(uint64_t va, uint64_t end, unsigned *level)
{
	volatile uint64_t *entry = leaf_find(va, level);

	if (!entry || *level != GIGA_LEVEL || !(*entry & PTE_SUPER) ||
	    (va % LAYOUT_GIGA_SIZE == 0 && end - va >= LAYOUT_GIGA_SIZE))
		return entry;
	giga_split(va);
	return leaf_find(va, level);
}

static bool has_gigas(void)
{
	static uint8_t known; /* 0: not asked yet, 1: no, 2: yes */

	if (!known)
		known = cpu_id(CPUID_EXTENDED, 0).edx & CPUID_GIGA ? 2 : 1;
	return known == 2;
}

/* The table below an entry of GIGA_LEVEL, if nothing is mapped by it; a new one where none is. */
static uint64_t table_unused(uint64_t va)
{
	uint64_t entry = *entry_at(va, GIGA_LEVEL);

	if (!(entry & PTE_PRESENT))
		return frame_get();
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		if (entry_at(va, SUPER_LEVEL)[i])
			return FRAME_NONE;
	return entry & PTE_FRAME;
}

/* A fresh page of 1 GiB, if there can be one. It keeps the table that it makes needless. */
static bool back_giga(uint64_t va, uint64_t end, unsigned rights)
{
	if (va % LAYOUT_GIGA_SIZE || end - va < LAYOUT_GIGA_SIZE || spare_count == GIGAS_MAX ||
	    !has_gigas() || tables_make(va, GIGA_LEVEL) < 0)
		return false;

	volatile uint64_t *entry = entry_at(va, GIGA_LEVEL);
	bool had_table = *entry & PTE_PRESENT;

	if (*entry & PTE_SUPER)
		return false;

	uint64_t table = table_unused(va);

	if (table == FRAME_NONE)
		return false;

	uint64_t frame = frame_get_giga();

	if (frame == FRAME_NONE) {
		if (!had_table)
			frame_put(table);
		return false;
	}
	spare_tables[spare_count++] = table;
	*entry = frame | leaf_bits(rights) | PTE_SUPER;
	/* Cores remember tables, too. */
	if (had_table)
		flush_all();
	return true;
}

/* One fresh zeroed page at va, unless something is there. */
static int back_page(uint64_t va, unsigned rights)
{
	if (tables_make(va, 0) < 0)
		return -ENOMEM;

	volatile uint64_t *entry = entry_at(va, 0);

	if (*entry & (PTE_PRESENT | PTE_KEPT))
		return 0;

	uint64_t frame = frame_get();

	if (frame == FRAME_NONE)
		return -ENOMEM;
	/* Another core may touch the page as soon as it is there: zero it /before/. */
	frame_zero(frame);
	*entry = frame | leaf_bits(rights);
	return 0;
}

/* Pages that were just mapped and are still to be zeroed. */
struct fresh {
	uint64_t va[FRESH_MAX], size[FRESH_MAX];
	unsigned count;
};

static void fresh_add(struct fresh *fresh, uint64_t va, uint64_t size)
{
	fresh->va[fresh->count] = va;
	fresh->size[fresh->count++] = size;
}

/* One fresh super-page at va, or a page of 1 GiB; returns how much va is on, 0: no memory. */
static uint64_t back_large(uint64_t va, uint64_t end, unsigned rights, struct fresh *fresh)
{
	if (back_giga(va, end, rights)) {
		fresh_add(fresh, va, LAYOUT_GIGA_SIZE);
		return LAYOUT_GIGA_SIZE;
	}

	unsigned level;
	volatile uint64_t *entry = leaf_find(va, &level);

	if (entry && (*entry & (PTE_PRESENT | PTE_KEPT)))
		return entry_end(va, level) - va;

	uint64_t frame = tables_make(va, SUPER_LEVEL) < 0 ? FRAME_NONE : frame_get_super();

	if (frame == FRAME_NONE)
		return 0;
	*entry_at(va, SUPER_LEVEL) = frame | leaf_bits(rights) | PTE_SUPER;
	fresh_add(fresh, va, LAYOUT_SUPER_SIZE);
	return LAYOUT_SUPER_SIZE;
}

/*
 * Large pages are only ever asked for by mmap, which nobody has an address of
 * yet, so they are zeroed in place; without the lock, and answering those who
 * want a fence of this core, for it takes long. Another thread may unmap them.
 */
static void fresh_zero(const struct fresh *fresh)
{
	for (unsigned i = 0; i < fresh->count; i++)
		for (uint64_t at = 0; at < fresh->size[i]; at += LAYOUT_SUPER_SIZE) {
			user_clear((void *)(fresh->va[i] + at), LAYOUT_SUPER_SIZE);
			core_barrier_answer();
		}
}

static int back_larges(uint64_t va, uint64_t end, unsigned rights)
{
	uint64_t step = 1;

	while (va < end && step) {
		struct fresh fresh = {.count = 0};

		edit_begin();
		while (va < end && step && fresh.count < FRESH_MAX) {
			step = back_large(va, end, rights, &fresh);
			va += step;
		}
		edit_end();
		fresh_zero(&fresh);
	}
	return step ? 0 : -ENOMEM;
}

int page_back(uint64_t va, uint64_t size, unsigned order, unsigned rights)
{
	int ret = 0;

	if (order == LAYOUT_SUPER_ORDER) {
		ret = back_larges(va, va + size, rights | LAYOUT_WRITE);
		if (!(rights & LAYOUT_WRITE))
			page_protect(va, size, rights);
		return ret;
	}
	edit_begin();
	for (uint64_t at = va; at < va + size && !ret; at += LAYOUT_PAGE_SIZE)
		ret = back_page(at, rights);
	edit_end();
	return ret;
}

struct unmapped {
	uint64_t entry[UNMAP_BATCH];
	uint8_t level[UNMAP_BATCH];
	unsigned count;
};

/* Clear leaves from va on until the batch is full; returns where it stopped. */
static uint64_t unmap_some(uint64_t va, uint64_t end, struct unmapped *batch)
{
	batch->count = 0;
	edit_begin();
	while (va < end && batch->count < UNMAP_BATCH) {
		unsigned level;
		volatile uint64_t *entry = leaf_within(va, end, &level);

		if (entry && (*entry & (PTE_PRESENT | PTE_KEPT))) {
			batch->level[batch->count] = (uint8_t)level;
			batch->entry[batch->count++] = *entry;
			*entry = 0;
			if (level == GIGA_LEVEL)
				frame_put(spare_tables[--spare_count]);
		}
		va = entry_end(va, level);
	}
	edit_end();
	return va;
}

static void unmap(uint64_t va, uint64_t size, bool give_back)
{
	static void (*const put[])(uint64_t frame) = {frame_put, frame_put_super, frame_put_giga};
	uint64_t end = va + size;
	struct unmapped batch;

	while (va < end) {
		va = unmap_some(va, end, &batch);
		if (batch.count)
			flush_all();
		/* No core can reach the frames any more: only now may they be used again. */
		for (unsigned i = 0; give_back && i < batch.count; i++)
			put[batch.level[i]](batch.entry[i] & PTE_FRAME);
	}
}

void page_unback(uint64_t va, uint64_t size)
{
	unmap(va, size, true);
}

void page_unmap(uint64_t va, uint64_t size)
{
	unmap(va, size, false);
}

void page_protect(uint64_t va, uint64_t size, unsigned rights)
{
	uint64_t end = va + size;

	edit_begin();
	while (va < end) {
		unsigned level;
		volatile uint64_t *entry = leaf_within(va, end, &level);

		if (entry && (*entry & (PTE_PRESENT | PTE_KEPT)))
			*entry = (*entry & (PTE_FRAME | PTE_SUPER)) | leaf_bits(rights);
		va = entry_end(va, level);
	}
	edit_end();
	flush_all();
}

bool page_is_mapped(uint64_t va, unsigned rights)
{
	unsigned level;

	/* Not canonical: no entry can map it. */
	if ((int64_t)(va << 16) >> 16 != (int64_t)va)
		return false;

	volatile uint64_t *entry = leaf_find(va, &level);

	if (!entry || !(*entry & PTE_PRESENT))
		return false;
	if ((rights & LAYOUT_WRITE) && !(*entry & PTE_WRITE))
		return false;
	return !(rights & LAYOUT_EXEC) || !(*entry & PTE_NX);
}

int page_split(uint64_t va)
{
	uint64_t base = va & ~(LAYOUT_SUPER_SIZE - 1);
	uint64_t frame = frame_get();
	uint64_t *table = (uint64_t *)frame;

	if (frame == FRAME_NONE)
		return -ENOMEM;
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		table[i] = (base + i * LAYOUT_PAGE_SIZE) |
			   leaf_bits(LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC);
	edit_begin();
	*entry_at(va, SUPER_LEVEL) = frame | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	edit_end();
	flush_all();
	return 0;
}

void page_identity_end(void)
{
	uint64_t slot = LAYOUT_TABLES_BASE >> level_order(TOP_LEVEL) & (PAGE_TABLE_ENTRIES - 1);

	edit_begin();
	/* What is still a super-page of the boot directory is not part of the image. */
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		if (boot_pd[i] & PTE_SUPER)
			boot_pd[i] = 0;
	boot_pml4[slot] = (boot_pml4[slot] & ~(uint64_t)PTE_WRITE) | PTE_NX;
	identity = false;
	edit_end();
	flush_all();
}

void page_guard(void)
{
	guarded = true;
	cpu_cr0_set(CR0_ON);
}

uint64_t page_root(void)
{
	return (uint64_t)boot_pml4;
}
