/* SPDX-License-Identifier: MIT */
/*
 * The guest's page tables, read through the PML4 slot that maps itself. Bits as
 * in the AMD64 Architecture Programmer's Manual 2, 5.4. Levels count from the leaf.
 */
#ifndef TABLES_ENTRY_H
#define TABLES_ENTRY_H

#include "layout/layout.h"

#include <stdint.h>

#define ENTRY_PRESENT 1
#define ENTRY_WRITE 2
#define ENTRY_SUPER 0x80
#define ENTRY_NO_EXECUTE (UINT64_C(1) << 63)
#define ENTRY_TOP_LEVEL 3
#define ENTRY_COUNT 512

static inline unsigned entry_order(unsigned level)
{
	return LAYOUT_PAGE_ORDER + 9 * level;
}

/* The entry of this level for va; the tables above it must be there. */
static inline uint64_t entry_at(uint64_t va, unsigned level)
{
	uint64_t slot = LAYOUT_TABLES_BASE >> entry_order(ENTRY_TOP_LEVEL) & (ENTRY_COUNT - 1);
	uint64_t base = LAYOUT_TABLES_BASE;

	for (unsigned l = 0; l < level; l++)
		base += slot << entry_order(ENTRY_TOP_LEVEL - 1 - l);
	return *(volatile uint64_t *)(base + (va >> entry_order(level)) * 8);
}

/* What of these rights the entry leaves. */
static inline unsigned entry_rights(uint64_t entry, unsigned rights)
{
	if (!(entry & ENTRY_WRITE))
		rights &= ~(unsigned)LAYOUT_WRITE;
	if (entry & ENTRY_NO_EXECUTE)
		rights &= ~(unsigned)LAYOUT_EXEC;
	return rights;
}

/* The order of the page that maps va, and what may be done to it; 0: not mapped. */
static inline unsigned entry_walk(uint64_t va, unsigned *rights)
{
	*rights = LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC;
	for (unsigned level = ENTRY_TOP_LEVEL;; level--) {
		uint64_t entry = entry_at(va, level);

		if (!(entry & ENTRY_PRESENT))
			return 0;
		*rights = entry_rights(entry, *rights);
		if (level == 0 || (entry & ENTRY_SUPER))
			return entry_order(level);
	}
}

/* Look at every page that is mapped; how many are not as the map says. In audit.c. */
unsigned audit(void);

#endif
