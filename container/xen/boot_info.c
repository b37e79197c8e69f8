/* SPDX-License-Identifier: MIT */
/*
 * Read what Xen's domain builder left in memory (xen/arch-x86/hvm/start_info.h)
 * and find out which memory is free. Runs while low memory is mapped to itself.
 */
#include "container/xen/asm.h"
#include "container/xen/boot.h"
#include "container/xen/cpu.h"
#include "container/xen/frame.h"
#include "container/xen/panic.h"
#include "container/xen/string.h"

#include <stdbool.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

/* Of the identity map, but for its end, which high_memory uses. */
#define IDENTITY_END LAYOUT_MIB(1000)
#define PADDR_END (UINT64_C(1) << 52) /* of any processor */
#define MEMMAP_MAX 64

struct boot boot;

extern const char image_end[];
extern uint64_t boot_pd[PAGE_TABLE_ENTRIES];

struct range {
	uint64_t start, end;
};

/*
 * What lies higher is seen through the last super-pages of the identity map,
 * two for each piece; their own memory is looked at by nobody meanwhile.
 */
static const void *high_memory(uint64_t paddr)
{
	static unsigned next = PAGE_TABLE_ENTRIES;
	uint64_t base = paddr & ~(LAYOUT_SUPER_SIZE - 1);

	next -= 2;
	for (unsigned i = 0; i < 2; i++) {
		boot_pd[next + i] = (base + i * LAYOUT_SUPER_SIZE) | PTE_PRESENT | PTE_SUPER;
		cpu_page_flush((next + i) * LAYOUT_SUPER_SIZE);
	}
	return (const void *)(next * LAYOUT_SUPER_SIZE + (paddr - base));
}

/* A physical range as a pointer; panics where it cannot be one. */
static const void *memory_at(const char *what, uint64_t paddr, uint64_t size)
{
	if (!paddr || size > LAYOUT_SUPER_SIZE || paddr > PADDR_END - size)
		panic("%s at %#lx, %lu bytes: expected it at a physical address", what, paddr,
		      size);
	return paddr + size > IDENTITY_END ? high_memory(paddr) : (const void *)paddr;
}

static uint64_t page_up(uint64_t addr)
{
	return (addr + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);
}

static void modules_read(const struct hvm_start_info *info)
{
	if (!info->nr_modules)
		return;
	if (info->nr_modules > LAYOUT_MODULES_MAX)
		panic("%u modules: expected at most %u", info->nr_modules, LAYOUT_MODULES_MAX);

	const struct hvm_modlist_entry *list =
		memory_at("module list", info->modlist_paddr, info->nr_modules * sizeof(*list));

	for (unsigned i = 0; i < info->nr_modules; i++) {
		if (list[i].paddr % LAYOUT_PAGE_SIZE || list[i].size > LAYOUT_MODULE_SLOT_SIZE)
			panic("module %u at %#lx, %lu bytes: expected whole pages, at most %lu", i,
			      list[i].paddr, list[i].size, LAYOUT_MODULE_SLOT_SIZE);
		boot.modules[i] = (struct boot_module){list[i].paddr, list[i].size};
	}
	boot.module_count = info->nr_modules;
}

/* Give what is free of [start, end) to the allocator: all but these reserved ranges. */
static void memory_add(uint64_t start, uint64_t end, const struct range *reserved, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (reserved[i].end <= start || reserved[i].start >= end)
			continue;
		if (reserved[i].start > start)
			memory_add(start, reserved[i].start, reserved + i + 1, count - i - 1);
		start = reserved[i].end;
		if (start >= end)
			return;
	}
	if (start < end)
		frame_add(start, end - start);
}

static bool in_map(const struct hvm_memmap_table_entry *map, unsigned count, uint64_t addr)
{
	for (unsigned i = 0; i < count; i++)
		if (addr - map[i].addr < map[i].size)
			return true;
	return false;
}

static void memory_read(const struct hvm_start_info *info)
{
	struct range reserved[1 + LAYOUT_MODULES_MAX];
	unsigned count = 0, entries = info->memmap_entries;

	if (info->version < 1 || !entries || entries > MEMMAP_MAX)
		panic("start info version %u with %u memory map entries: expected version 1, 1 to "
		      "%u entries",
		      info->version, info->version < 1 ? 0 : entries, MEMMAP_MAX);

	const struct hvm_memmap_table_entry *map =
		memory_at("memory map", info->memmap_paddr, entries * sizeof(*map));

	reserved[count++] = (struct range){LAYOUT_IMAGE_BASE, page_up((uint64_t)image_end)};
	for (unsigned i = 0; i < boot.module_count; i++)
		reserved[count++] =
			(struct range){boot.modules[i].paddr,
				       page_up(boot.modules[i].paddr + boot.modules[i].size)};
	for (unsigned i = 0; i < entries; i++) {
		uint64_t end = map[i].addr + map[i].size;

		if (!boot.hole && !in_map(map, entries, end))
			boot.hole = page_up(end);
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
			boot.ram += map[i].size;
	}
	if (!boot.hole)
		panic("no address behind RAM is free for the pages that Xen shares");
	/* Last of all: what is given away may hold the very tables that are read here. */
	for (unsigned i = 0; i < entries; i++)
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
			memory_add(map[i].addr, map[i].addr + map[i].size, reserved, count);
}

static void command_read(const char *command)
{
	if (string_copy(boot.command, command, sizeof(boot.command)) == sizeof(boot.command) - 1)
		panic("extra= is too long: expected less than %lu bytes", sizeof(boot.command) - 1);
}

void boot_info_read(uint64_t paddr)
{
	const struct hvm_start_info *info = memory_at("start info", paddr, sizeof(*info));

	if (info->magic != XEN_HVM_START_MAGIC_VALUE)
		panic("start info magic %#x: expected %#x", info->magic, XEN_HVM_START_MAGIC_VALUE);
	if (info->cmdline_paddr)
		command_read(memory_at("command line", info->cmdline_paddr, sizeof(boot.command)));
	modules_read(info);
	memory_read(info);
}
