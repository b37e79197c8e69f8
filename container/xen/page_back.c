/* SPDX-License-Identifier: MIT */
/*
 * Fresh memory: page_back of page.h.
 */
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/frame.h"
#include "container/xen/page.h"
#include "container/xen/table.h"
#include "container/xen/user.h"

#include <asm/errno.h>

#define GIGAS_MAX 256
#define CPUID_EXTENDED 0x80000001
#define CPUID_GIGA (1u << 26) /* in edx */
#define FRESH_MAX 8

/* A table for each page of 1 GiB, for when a part of it goes. Covered by the tables' lock. */
static uint64_t spare_tables[GIGAS_MAX];
static unsigned spare_count;

/* Cut the page of 1 GiB that maps va into super-pages. */
static void giga_split(uint64_t va)
{
	volatile uint64_t *entry = table_entry(va, TABLE_GIGA);
	uint64_t value = *entry, table = spare_tables[--spare_count];
	uint64_t *window = table_window_open(table);

	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		window[i] = value + i * LAYOUT_SUPER_SIZE;
	table_window_close(window);
	*entry = table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

volatile uint64_t *page_leaf_within(uint64_t va, uint64_t end, unsigned *level)
{
	volatile uint64_t *entry = table_leaf(va, level);

	if (!entry || *level != TABLE_GIGA || !(*entry & PTE_SUPER) ||
	    (va % LAYOUT_GIGA_SIZE == 0 && end - va >= LAYOUT_GIGA_SIZE))
		return entry;
	giga_split(va);
	return table_leaf(va, level);
}

static bool has_gigas(void)
{
	static uint8_t known; /* 0: not asked yet, 1: no, 2: yes */

	if (!known)
		known = cpu_id(CPUID_EXTENDED, 0).edx & CPUID_GIGA ? 2 : 1;
	return known == 2;
}

/* The table below an entry of TABLE_GIGA, if nothing is mapped by it; a new one where none is. */
static uint64_t table_unused(uint64_t va)
{
	uint64_t entry = *table_entry(va, TABLE_GIGA);

	if (!(entry & PTE_PRESENT))
		return frame_get();
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		if (table_entry(va, TABLE_SUPER)[i])
			return FRAME_NONE;
	return entry & PTE_FRAME;
}

/* A fresh page of 1 GiB, if there can be one. It keeps the table that it makes needless. */
static bool back_giga(uint64_t va, uint64_t end, unsigned rights)
{
	if (va % LAYOUT_GIGA_SIZE || end - va < LAYOUT_GIGA_SIZE || spare_count == GIGAS_MAX ||
	    !has_gigas() || table_make(va, TABLE_GIGA) < 0)
		return false;

	volatile uint64_t *entry = table_entry(va, TABLE_GIGA);
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
	*entry = frame | table_leaf_bits(rights) | PTE_SUPER;
	/* Cores remember tables, too. */
	if (had_table)
		table_flush();
	return true;
}

/* One fresh zeroed page at va, unless something is there. */
static int back_page(uint64_t va, unsigned rights)
{
	if (table_make(va, 0) < 0)
		return -ENOMEM;

	volatile uint64_t *entry = table_entry(va, 0);

	if (*entry & (PTE_PRESENT | PTE_KEPT))
		return 0;

	uint64_t frame = frame_get();

	if (frame == FRAME_NONE)
		return -ENOMEM;
	/* Another core may touch the page as soon as it is there: zero it /before/. */
	table_frame_zero(frame);
	*entry = frame | table_leaf_bits(rights);
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
	volatile uint64_t *entry = table_leaf(va, &level);

	if (entry && (*entry & (PTE_PRESENT | PTE_KEPT)))
		return table_entry_end(va, level) - va;

	uint64_t frame = table_make(va, TABLE_SUPER) < 0 ? FRAME_NONE : frame_get_super();

	if (frame == FRAME_NONE)
		return 0;
	*table_entry(va, TABLE_SUPER) = frame | table_leaf_bits(rights) | PTE_SUPER;
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

		table_edit_begin();
		while (va < end && step && fresh.count < FRESH_MAX) {
			step = back_large(va, end, rights, &fresh);
			va += step;
		}
		table_edit_end();
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
	table_edit_begin();
	for (uint64_t at = va; at < va + size && !ret; at += LAYOUT_PAGE_SIZE)
		ret = back_page(at, rights);
	table_edit_end();
	return ret;
}

void page_giga_gone(void)
{
	frame_put(spare_tables[--spare_count]);
}
