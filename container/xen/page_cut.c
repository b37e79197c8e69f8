/* SPDX-License-Identifier: MIT */
/*
 * Super-pages of which a part has other rights, and which are given back whole.
 */
#include "container/xen/frame.h"
#include "container/xen/table.h"

#include <asm/errno.h>

int page_cut(uint64_t va)
{
	unsigned level;
	volatile uint64_t *entry = page_leaf_within(va, va + LAYOUT_PAGE_SIZE, &level);
	uint64_t value, table, *window;

	if (!entry || level != TABLE_SUPER || va % LAYOUT_SUPER_SIZE == 0 || !(*entry & PTE_SUPER))
		return 0;
	table = frame_get();
	if (table == FRAME_NONE)
		return -ENOMEM;
	value = *entry & ~(uint64_t)PTE_SUPER;
	window = table_window_open(table);
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		window[i] = value + i * LAYOUT_PAGE_SIZE;
	table_window_close(window);
	/* The same memory with the same rights: what cores remember is right. */
	*entry = table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_CUT;
	return 0;
}

uint64_t page_mend(uint64_t va)
{
	unsigned level;
	volatile uint64_t *first = table_leaf(va, &level), *entry;
	uint64_t table;

	if (!first || level != 0)
		return FRAME_NONE;
	entry = table_entry(va, TABLE_SUPER);
	if (!(*entry & PTE_CUT))
		return FRAME_NONE;
	table = *entry & PTE_FRAME;
	*entry = (*first & PTE_FRAME) | PTE_SUPER | PTE_KEPT;
	return table;
}
