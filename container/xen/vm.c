/* SPDX-License-Identifier: MIT */
/*
 * LAYOUT_COMMON: see vm.h.
 *
 * The areas in use are a sorted array; what is between them is free. The first
 * area is the program break's and never goes.
 */
#include "container/xen/frame.h"
#include "container/xen/lock.h"
#include "container/xen/page.h"
#include "container/xen/user.h"
#include "container/xen/vm.h"
#include "layout/layout.h"

#include <asm/errno.h>
#include <stddef.h>

extern const char image_sparse_end[];

#define AREAS_MAX 256
#define BREAK_SIZE LAYOUT_MIB(64)
/* Backed by one fault: a fault costs more than the zeroing. */
#define FAULT_CLUSTER LAYOUT_KIB(16)
#define DISCARD_IN_PLACE LAYOUT_KIB(32)

struct area {
	uint64_t start, end;
	unsigned rights;
	bool is_stack;
};

static struct lock vm_lock; /* covers everything below */
static struct area areas[AREAS_MAX];
static unsigned area_count;
static uint64_t program_break = LAYOUT_COMMON_BASE;

static bool area_insert(unsigned at, struct area area)
{
	if (area_count == AREAS_MAX)
		return false;
	for (unsigned i = area_count++; i > at; i--)
		areas[i] = areas[i - 1];
	areas[at] = area;
	return true;
}

static void area_remove(unsigned at)
{
	area_count--;
	for (unsigned i = at; i < area_count; i++)
		areas[i] = areas[i + 1];
}

/* Index of the first area that ends behind addr. */
static unsigned area_at(uint64_t addr)
{
	unsigned i = 0;

	while (i < area_count && areas[i].end <= addr)
		i++;
	return i;
}

/* Let no area reach across addr. */
static bool area_split(uint64_t addr)
{
	unsigned i = area_at(addr);

	if (i == area_count || areas[i].start >= addr)
		return true;

	struct area rest = areas[i];

	rest.start = addr;
	if (!area_insert(i + 1, rest))
		return false;
	areas[i].end = addr;
	return true;
}

/* Join area i with its successor if nothing tells them apart. The break's stays alone. */
static bool area_join(unsigned i)
{
	if (!i || i + 1 >= area_count || areas[i].end != areas[i + 1].start ||
	    areas[i].rights != areas[i + 1].rights || areas[i].is_stack != areas[i + 1].is_stack)
		return false;
	areas[i].end = areas[i + 1].end;
	area_remove(i + 1);
	return true;
}

/* Undo splits that no longer part anything, from the area before `first` to the one at `end`. */
static void areas_join(unsigned first, uint64_t end)
{
	unsigned i = first ? first - 1 : 0;

	while (i < area_count && areas[i].start <= end)
		if (!area_join(i))
			i++;
}

void vm_init(void)
{
	area_insert(0, (struct area){.start = LAYOUT_COMMON_BASE,
				     .end = LAYOUT_COMMON_BASE + BREAK_SIZE,
				     .rights = LAYOUT_READ | LAYOUT_WRITE});
}

/* Where size bytes are free, behind area *after; 0 where nowhere. */
static uint64_t gap_find(uint64_t size, unsigned *after)
{
	uint64_t align = size >= LAYOUT_SUPER_SIZE ? LAYOUT_SUPER_SIZE : LAYOUT_PAGE_SIZE;

	for (unsigned i = 0; i < area_count; i++) {
		uint64_t start = (areas[i].end + align - 1) & ~(align - 1);
		uint64_t end = i + 1 < area_count ? areas[i + 1].start : LAYOUT_COMMON_END;

		if (start <= end && end - start >= size) {
			*after = i;
			return start;
		}
	}
	return 0;
}

static int back_stack(uint64_t addr, uint64_t size, unsigned rights)
{
	return rights ? page_back(addr, size, LAYOUT_PAGE_ORDER, rights) : 0;
}

int64_t vm_map(uint64_t size, unsigned rights, bool is_stack)
{
	unsigned after;

	lock_take(&vm_lock);
	uint64_t start = gap_find(size, &after);
	struct area area = {start, start + size, rights, is_stack};
	bool ok = start && area_insert(after + 1, area);

	if (ok)
		area_join(after);
	lock_drop(&vm_lock);
	if (!ok)
		return -ENOMEM;
	if (is_stack && back_stack(start, size, rights) < 0) {
		vm_unmap(start, size);
		return -ENOMEM;
	}
	return (int64_t)start;
}

/* Under the lock: nothing of [addr, addr + size) is any area's afterwards. */
static int clear_locked(uint64_t addr, uint64_t size)
{
	/* The break's area is the first and stays whole. */
	if (addr < areas[0].end)
		return -EINVAL;
	if (!area_split(addr) || !area_split(addr + size))
		return -ENOMEM;

	unsigned i = area_at(addr);

	while (i < area_count && areas[i].start < addr + size)
		area_remove(i);
	page_unback(addr, size);
	return 0;
}

int vm_unmap(uint64_t addr, uint64_t size)
{
	lock_take(&vm_lock);
	int ret = clear_locked(addr, size);

	lock_drop(&vm_lock);
	return ret;
}

static bool is_used(uint64_t addr, uint64_t size)
{
	unsigned i = area_at(addr);

	return i < area_count && areas[i].start < addr + size;
}

int vm_map_at(uint64_t addr, uint64_t size, unsigned rights, bool is_stack, bool replace)
{
	const struct area area = {addr, addr + size, rights, is_stack};
	int ret;

	lock_take(&vm_lock);
	ret = !replace && is_used(addr, size) ? -EEXIST : clear_locked(addr, size);
	if (!ret) {
		unsigned at = area_at(addr);

		ret = area_insert(at, area) ? 0 : -ENOMEM;
		areas_join(at, addr + size);
	}
	lock_drop(&vm_lock);
	if (!ret && is_stack && back_stack(addr, size, rights) < 0) {
		vm_unmap(addr, size);
		ret = -ENOMEM;
	}
	return ret;
}

int vm_protect(uint64_t addr, uint64_t size, unsigned rights)
{
	bool stack = false;

	lock_take(&vm_lock);
	bool ok = area_split(addr) && area_split(addr + size);
	unsigned first = area_at(addr);

	if (!ok || first == area_count || areas[first].start != addr) {
		lock_drop(&vm_lock);
		return -ENOMEM;
	}
	for (unsigned i = first; i < area_count && areas[i].start < addr + size; i++) {
		areas[i].rights = rights;
		stack |= areas[i].is_stack;
	}
	page_protect(addr, size, rights);
	areas_join(first, addr + size);
	lock_drop(&vm_lock);
	return stack ? back_stack(addr, size, rights) : 0;
}

/* A few pages are sooner zeroed than all cores have forgotten them. */
static bool discard_in_place(uint64_t start, uint64_t end, unsigned rights)
{
	if (end - start > DISCARD_IN_PLACE || !(rights & LAYOUT_WRITE))
		return false;
	for (uint64_t at = start; at < end; at += LAYOUT_PAGE_SIZE)
		if (page_is_mapped(at, LAYOUT_WRITE))
			user_clear((void *)at, LAYOUT_PAGE_SIZE);
	return true;
}

void vm_discard(uint64_t addr, uint64_t size)
{
	lock_take(&vm_lock);
	for (unsigned i = area_at(addr); i < area_count && areas[i].start < addr + size; i++) {
		uint64_t start = areas[i].start > addr ? areas[i].start : addr;
		uint64_t end = areas[i].end < addr + size ? areas[i].end : addr + size;

		if (!areas[i].is_stack && !discard_in_place(start, end, areas[i].rights))
			page_unback(start, end - start);
	}
	lock_drop(&vm_lock);
}

static uint64_t page_up(uint64_t addr)
{
	return (addr + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);
}

uint64_t vm_break(uint64_t addr)
{
	lock_take(&vm_lock);
	if (addr >= LAYOUT_COMMON_BASE && addr <= LAYOUT_COMMON_BASE + BREAK_SIZE) {
		/* What it leaves has to be zero when it comes back. */
		if (page_up(addr) < page_up(program_break))
			page_unback(page_up(addr), page_up(program_break) - page_up(addr));
		program_break = addr;
	}
	addr = program_break;
	lock_drop(&vm_lock);
	return addr;
}

/* Static data; most of it is touched here and there, so nothing around it is backed. */
static enum vm_fault sparse_fault(uint64_t addr, unsigned right)
{
	const unsigned rights = LAYOUT_READ | LAYOUT_WRITE;

	if ((right & ~rights) || addr >= (uint64_t)image_sparse_end)
		return VM_NOTHING;
	return page_back(addr, LAYOUT_PAGE_SIZE, LAYOUT_PAGE_ORDER, rights) ? VM_NO_MEMORY
									    : VM_BACKED;
}

/* Back the part of area that a fault at addr brings in. */
static enum vm_fault area_fault(const struct area *area, uint64_t addr, unsigned right)
{
	uint64_t start = addr & ~(FAULT_CLUSTER - 1), end = start + FAULT_CLUSTER;

	if (start < area->start)
		start = area->start;
	if (end > area->end)
		end = area->end;
	page_back(start, end - start, LAYOUT_PAGE_ORDER, area->rights);
	/* The cluster may have run out of frames behind the page that matters. */
	return page_is_mapped(addr, right) ? VM_BACKED : VM_NO_MEMORY;
}

static enum vm_fault common_fault(uint64_t addr, unsigned right)
{
	enum vm_fault result = VM_NOTHING;

	lock_take(&vm_lock);
	unsigned i = area_at(addr);

	if (i < area_count && areas[i].start <= addr && (areas[i].rights & right))
		result = area_fault(&areas[i], addr, right);
	lock_drop(&vm_lock);
	return result;
}

enum vm_fault vm_fault(uint64_t addr, unsigned right)
{
	if (addr - LAYOUT_SPARSE_BASE < LAYOUT_SPARSE_SIZE)
		return sparse_fault(addr, right);
	if (addr - LAYOUT_COMMON_BASE < LAYOUT_COMMON_SIZE)
		return common_fault(addr, right);
	return VM_NOTHING;
}
