/* SPDX-License-Identifier: MIT */
/*
 * Mappings and their rights: see page.h.
 */
#include "container/xen/frame.h"
#include "container/xen/page.h"
#include "container/xen/table.h"

#include <asm/errno.h>

#define UNMAP_BATCH 64

static int map_locked(uint64_t va, uint64_t pa, uint64_t end, unsigned rights)
{
	while (va < end) {
		bool super = (va | pa) % LAYOUT_SUPER_SIZE == 0 && end - va >= LAYOUT_SUPER_SIZE;
		unsigned level = super ? TABLE_SUPER : 0;
		uint64_t step = UINT64_C(1) << table_level_order(level);

		if (table_make(va, level) < 0)
			return -ENOMEM;
		*table_entry(va, level) = pa | table_leaf_bits(rights) | (super ? PTE_SUPER : 0);
		va += step;
		pa += step;
	}
	return 0;
}

int page_map(uint64_t va, uint64_t pa, uint64_t size, unsigned rights)
{
	table_edit_begin();
	int ret = map_locked(va, pa, va + size, rights);

	table_edit_end();
	table_flush();
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
	table_edit_begin();
	while (va < end && batch->count < UNMAP_BATCH - 1) {
		bool is_super = va % LAYOUT_SUPER_SIZE == 0 && end - va >= LAYOUT_SUPER_SIZE;
		uint64_t table = is_super ? page_mend(va) : FRAME_NONE;
		unsigned level;
		volatile uint64_t *entry = page_leaf_within(va, end, &level);

		if (table != FRAME_NONE) {
			batch->level[batch->count] = 0;
			batch->entry[batch->count++] = table;
		}

		if (entry && (*entry & (PTE_PRESENT | PTE_KEPT))) {
			batch->level[batch->count] = (uint8_t)level;
			batch->entry[batch->count++] = *entry;
			*entry = 0;
			if (level == TABLE_GIGA)
				page_giga_gone();
		}
		va = table_entry_end(va, level);
	}
	table_edit_end();
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
			table_flush();
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

/* Does the entry allow anything that the one in its place will not? */
static bool takes_away(uint64_t before, uint64_t after)
{
	uint64_t gone = before & ~after & (PTE_PRESENT | PTE_WRITE);

	return (before & PTE_PRESENT) && (gone || (~before & after & PTE_NX));
}

int page_protect(uint64_t va, uint64_t size, unsigned rights)
{
	uint64_t end = va + size;
	bool flush = false;
	int ret;

	table_edit_begin();
	ret = page_cut(va);
	if (!ret)
		ret = page_cut(end);
	while (va < end && !ret) {
		unsigned level;
		volatile uint64_t *entry = page_leaf_within(va, end, &level);

		if (entry && (*entry & (PTE_PRESENT | PTE_KEPT))) {
			uint64_t after =
				(*entry & (PTE_FRAME | PTE_SUPER)) | table_leaf_bits(rights);

			flush |= takes_away(*entry, after);
			*entry = after;
		}
		va = table_entry_end(va, level);
	}
	table_edit_end();
	if (flush)
		table_flush();
	return ret;
}

bool page_is_mapped(uint64_t va, unsigned rights)
{
	unsigned level;

	/* Not canonical: no entry can map it. */
	if ((int64_t)(va << 16) >> 16 != (int64_t)va)
		return false;

	volatile uint64_t *entry = table_leaf(va, &level);

	if (!entry || !(*entry & PTE_PRESENT))
		return false;
	if ((rights & LAYOUT_WRITE) && !(*entry & PTE_WRITE))
		return false;
	return !(rights & LAYOUT_EXEC) || !(*entry & PTE_NX);
}
