/* SPDX-License-Identifier: MIT */
/*
 * The page tables themselves: see table.h.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/frame.h"
#include "container/xen/hypercall.h"
#include "container/xen/lock.h"
#include "container/xen/page.h"
#include "container/xen/string.h"
#include "container/xen/table.h"

#include <asm/errno.h>

#define VA_MASK ((UINT64_C(1) << 48) - 1)

extern uint64_t boot_pml4[PAGE_TABLE_ENTRIES], boot_pd[PAGE_TABLE_ENTRIES];

static struct lock page_lock; /* covers the tables */
static bool identity = true;  /* physical memory below 1 GiB is mapped to itself */
static bool guarded;          /* cores run with CR0.WP; until then one core runs alone */

volatile uint64_t *table_entry(uint64_t va, unsigned level)
{
	uint64_t slot =
		LAYOUT_TABLES_BASE >> table_level_order(TABLE_TOP) & (PAGE_TABLE_ENTRIES - 1);
	uint64_t base = LAYOUT_TABLES_BASE;

	for (unsigned l = 0; l < level; l++)
		base += slot << table_level_order(TABLE_TOP - 1 - l);
	return (volatile uint64_t *)(base + ((va & VA_MASK) >> table_level_order(level)) * 8);
}

uint64_t table_leaf_bits(unsigned rights)
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

void table_edit_begin(void)
{
	lock_take(&page_lock);
	if (guarded)
		cpu_cr0_set(CR0_ON & ~CR0_WP);
}

void table_edit_end(void)
{
	if (guarded)
		cpu_cr0_set(CR0_ON);
	lock_drop(&page_lock);
}

void *table_window_open(uint64_t frame)
{
	uint64_t window = core_stack_end(core_self()->id, CORE_WINDOW) - LAYOUT_PAGE_SIZE;

	if (identity)
		return (void *)frame;
	*table_entry(window, 0) = frame | table_leaf_bits(LAYOUT_READ | LAYOUT_WRITE);
	cpu_page_flush(window);
	return (void *)window;
}

void table_window_close(void *window)
{
	if (identity)
		return;
	*table_entry((uint64_t)window, 0) = 0;
	cpu_page_flush((uint64_t)window);
}

void table_frame_zero(uint64_t frame)
{
	void *window = table_window_open(frame);

	memset(window, 0, LAYOUT_PAGE_SIZE);
	table_window_close(window);
}

int table_make(uint64_t va, unsigned level)
{
	for (unsigned l = TABLE_TOP; l > level; l--) {
		volatile uint64_t *entry = table_entry(va, l);

		if (*entry & PTE_PRESENT)
			continue;

		uint64_t frame = frame_get();

		if (frame == FRAME_NONE)
			return -ENOMEM;
		/* A walker may look at the table as soon as it is linked: zero it /before/. */
		table_frame_zero(frame);
		*entry = frame | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	}
	return 0;
}

volatile uint64_t *table_leaf(uint64_t va, unsigned *level)
{
	for (unsigned l = TABLE_TOP;; l--) {
		volatile uint64_t *entry = table_entry(va, l);

		uint64_t value = *entry; /* once: callers without the lock */

		*level = l;
		if (l == 0 || (value & PTE_SUPER))
			return entry;
		if (!(value & PTE_PRESENT))
			return NULL;
	}
}

uint64_t table_entry_end(uint64_t va, unsigned level)
{
	return (va | ((UINT64_C(1) << table_level_order(level)) - 1)) + 1;
}

void table_flush(void)
{
	if (core_count() > 1)
		hypercall_flush_tlbs();
	else
		cpu_cr3_set(cpu_cr3());
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
			   table_leaf_bits(LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC);
	table_edit_begin();
	*table_entry(va, TABLE_SUPER) = frame | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	table_edit_end();
	table_flush();
	return 0;
}

void page_identity_end(void)
{
	uint64_t slot =
		LAYOUT_TABLES_BASE >> table_level_order(TABLE_TOP) & (PAGE_TABLE_ENTRIES - 1);

	table_edit_begin();
	/* What is still a super-page of the boot directory is not part of the image. */
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
		if (boot_pd[i] & PTE_SUPER)
			boot_pd[i] = 0;
	boot_pml4[slot] = (boot_pml4[slot] & ~(uint64_t)PTE_WRITE) | PTE_NX;
	identity = false;
	table_edit_end();
	table_flush();
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
