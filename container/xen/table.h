/* SPDX-License-Identifier: MIT */
/*
 * Inside of the page tables, for page.c, page_back.c and page_cut.c alone.
 *
 * Levels count from the leaf: 0 is a page table, 3 the PML4. Entries are written
 * between table_edit_begin and table_edit_end only, which hold the tables' lock.
 */
#ifndef XEN_TABLE_H
#define XEN_TABLE_H

#include "container/xen/asm.h"
#include "layout/layout.h"

#include <stdbool.h>
#include <stdint.h>

#define PTE_NX (UINT64_C(1) << 63)
#define PTE_KEPT 0x200 /* software's: the frame is there, but no access is allowed */
#define PTE_CUT 0x400  /* software's: the table maps a super-frame, whole, in its order */
#define PTE_FRAME ((UINT64_C(1) << 52) - LAYOUT_PAGE_SIZE)

#define TABLE_SUPER 1 /* levels of the larger leaves */
#define TABLE_GIGA 2
#define TABLE_TOP 3

/* An entry of this level covers 1 << order bytes. */
static inline unsigned table_level_order(unsigned level)
{
	return LAYOUT_PAGE_ORDER + 9 * level;
}

void table_edit_begin(void);
void table_edit_end(void);

/* Where the recursive slot shows the entry for va of this level; the tables above are there. */
volatile uint64_t *table_entry(uint64_t va, unsigned level);

/* Bits of a leaf with these rights, but for PTE_SUPER. */
uint64_t table_leaf_bits(unsigned rights);

/* Make the tables above the entry for va of this level. 0 or -ENOMEM. In an edit. */
int table_make(uint64_t va, unsigned level);

/* The leaf entry that maps va, or would; its level in *level; NULL: no table there. */
volatile uint64_t *table_leaf(uint64_t va, unsigned *level);

/* First byte behind the range that one entry of this level covers at va. */
uint64_t table_entry_end(uint64_t va, unsigned level);

/* A frame that is mapped nowhere, seen through this core's window. In an edit. */
void *table_window_open(uint64_t frame);
void table_window_close(void *window);
void table_frame_zero(uint64_t frame);

/* No core remembers what was there before. */
void table_flush(void);

/*
 * In page_back.c: as table_leaf, but of a page of 1 GiB no more than what lies in
 * [va, end) is left in one piece; and such a page has been unmapped whole. In an edit.
 */
volatile uint64_t *page_leaf_within(uint64_t va, uint64_t end, unsigned *level);
void page_giga_gone(void);

/* In page_cut.c. Have no super-page reach across va. 0 or -ENOMEM. In an edit. */
int page_cut(uint64_t va);

/*
 * Make the super-page at va whole again, if it was cut: an entry that allows nothing.
 * The table that was in its place, to be freed once no core remembers it; or 0.
 */
uint64_t page_mend(uint64_t va);

#endif
