/* SPDX-License-Identifier: MIT */
/*
 * System calls on memory: each region of the map has its own way of backing.
 */
#include "container/xen/file.h"
#include "container/xen/page.h"
#include "container/xen/sys.h"
#include "container/xen/user.h"
#include "container/xen/vm.h"

#include <asm/errno.h>
#include <asm/mman.h>

_Static_assert(PROT_READ == LAYOUT_READ && PROT_WRITE == LAYOUT_WRITE && PROT_EXEC == LAYOUT_EXEC,
	       "protections are rights");

extern const char image_tables_end[], image_end[];

#define RIGHTS_ALL (LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC)

struct span {
	uint64_t addr, size;
	const struct layout_region *region; /* that holds all of it */
};

/* The pages of [addr, addr + size), if they lie in one region of the map. */
static bool span_make(struct span *span, uint64_t addr, uint64_t size)
{
	span->addr = addr;
	span->size = (size + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);
	span->region = layout_region_at(addr);
	return addr % LAYOUT_PAGE_SIZE == 0 && span->size && span->size >= size && span->region &&
	       span->size <= span->region->base + span->region->size - addr;
}

static bool is_region(const struct span *span, enum layout_region_id id)
{
	return span->region == &layout_regions[id];
}

/* Regions whose mappings the image makes itself, at addresses of its choice. */
static bool is_placed(const struct span *span)
{
	return is_region(span, LAYOUT_REGION_HEAPS) || is_region(span, LAYOUT_REGION_CHANNELS) ||
	       is_region(span, LAYOUT_REGION_STACKS) || is_region(span, LAYOUT_REGION_REPORTS);
}

/* Is it made of whole pages of its region? */
static bool placed_is_whole(const struct span *span)
{
	return !((span->addr | span->size) & ((UINT64_C(1) << span->region->page_order) - 1));
}

static bool placed_is_used(const struct span *span)
{
	for (uint64_t at = span->addr; at < span->addr + span->size; at += LAYOUT_PAGE_SIZE)
		if (page_is_mapped(at, 0))
			return true;
	return false;
}

static long placed_map(const struct span *span, unsigned rights, bool replace)
{
	unsigned order = span->region->page_order;

	if (!placed_is_whole(span))
		return -EINVAL;
	if (!replace && placed_is_used(span))
		return -EEXIST;
	page_unback(span->addr, span->size);
	if (!rights)
		return (long)span->addr;
	if (page_back(span->addr, span->size, order, rights) < 0) {
		page_unback(span->addr, span->size);
		return -ENOMEM;
	}
	return (long)span->addr;
}

static long fixed_map(const struct span *span, unsigned rights, unsigned flags)
{
	bool replace = !(flags & MAP_FIXED_NOREPLACE);
	int ret;

	/* To reserve addresses: here they have been the region's all along. */
	if (!replace && !rights)
		return (long)span->addr;
	if (is_placed(span))
		return placed_map(span, rights, replace);
	if (is_region(span, LAYOUT_REGION_MODULES))
		return rights ? -EINVAL : (long)span->addr;
	if (!is_region(span, LAYOUT_REGION_COMMON))
		return -EINVAL;
	ret = vm_map_at(span->addr, span->size, rights, flags & MAP_STACK, replace);
	return ret < 0 ? ret : (long)span->addr;
}

long sys_mmap(const struct regs *regs)
{
	uint64_t size = regs->rsi;
	unsigned rights = (unsigned)regs->rdx & RIGHTS_ALL;
	unsigned flags = (unsigned)regs->r10;
	struct span span;

	if (!(flags & MAP_ANONYMOUS))
		return file_map((int)regs->r8, regs->rdi, size, regs->r9);
	if (rights & LAYOUT_EXEC)
		return -EPERM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
		return span_make(&span, regs->rdi, size) ? fixed_map(&span, rights, flags)
							 : -EINVAL;
	size = (size + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);
	if (!size || size > LAYOUT_COMMON_SIZE)
		return size ? -ENOMEM : -EINVAL;
	return vm_map(size, rights, flags & MAP_STACK);
}

long sys_munmap(const struct regs *regs)
{
	struct span span;

	if (!span_make(&span, regs->rdi, regs->rsi))
		return -EINVAL;
	if (is_region(&span, LAYOUT_REGION_COMMON))
		return vm_unmap(span.addr, span.size);
	if (!is_placed(&span))
		return 0;
	if (!placed_is_whole(&span))
		return -EINVAL;
	page_unback(span.addr, span.size);
	return 0;
}

/* No bytes at all from a page on: for these calls that is allowed, and nothing to do. */
static bool is_nothing(const struct regs *regs)
{
	return !regs->rsi && regs->rdi % LAYOUT_PAGE_SIZE == 0;
}

/* The image's data; all else of the image keeps its rights for ever. */
static bool is_data(const struct span *span)
{
	return span->addr >= (uint64_t)image_tables_end &&
	       span->addr + span->size <= (uint64_t)image_end;
}

long sys_mprotect(const struct regs *regs)
{
	unsigned rights = (unsigned)regs->rdx & RIGHTS_ALL;
	struct span span;

	if (is_nothing(regs))
		return 0;
	if (!span_make(&span, regs->rdi, regs->rsi))
		return -EINVAL;
	if ((rights & LAYOUT_WRITE) && (rights & LAYOUT_EXEC))
		return -EPERM;
	if (is_region(&span, LAYOUT_REGION_COMMON))
		return vm_protect(span.addr, span.size, rights);
	/* Only in heaps do guards stand. */
	if (!rights ? !is_region(&span, LAYOUT_REGION_HEAPS) : !is_placed(&span) && !is_data(&span))
		return -EACCES;
	return page_protect(span.addr, span.size, rights);
}

/* Memory that the map backs at once stays backed, and is zeroed in place, where there is any. */
static void placed_discard(const struct span *span)
{
	for (uint64_t at = span->addr; at < span->addr + span->size; at += LAYOUT_PAGE_SIZE)
		if (page_is_mapped(at, LAYOUT_WRITE))
			user_clear((void *)at, LAYOUT_PAGE_SIZE);
}

long sys_madvise(const struct regs *regs)
{
	struct span span;

	if (is_nothing(regs))
		return 0;
	if (!span_make(&span, regs->rdi, regs->rsi))
		return -EINVAL;
	/* All other advice is about how, not whether; the map decides that here. */
	if (regs->rdx != MADV_DONTNEED)
		return 0;
	if (is_region(&span, LAYOUT_REGION_COMMON))
		vm_discard(span.addr, span.size);
	else if (is_placed(&span))
		placed_discard(&span);
	return 0;
}

long sys_brk(const struct regs *regs)
{
	return (long)vm_break(regs->rdi);
}
