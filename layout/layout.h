/* SPDX-License-Identifier: MIT */
/*
 * The address map of every Atoll image: the only file that knows an address.
 *
 * C, assembler, linker scripts and (through layout_regions[]) the packer read
 * it. For a region NAME:
 *
 *   LAYOUT_NAME_BASE   first byte
 *   LAYOUT_NAME_SIZE   bytes
 *   LAYOUT_NAME_END    first byte behind it
 *
 * Everything between the regions, and page 0, is never mapped. The image and its
 * SPARSE data lie low, where its code can name them; the other regions, the windows,
 * between 0x5500_0000_0000 and 0x5680_0000_0000, the range that plain Linux,
 * AddressSanitizer, ThreadSanitizer, MemorySanitizer and valgrind all leave
 * free, so an image has the same map as a Xen guest and as a Linux process.
 */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT_C(x) x
#else
#define LAYOUT_C_(x) x##UL
#define LAYOUT_C(x) LAYOUT_C_(x)
#endif

#define LAYOUT_KIB(n) (LAYOUT_C(n) << 10)
#define LAYOUT_MIB(n) (LAYOUT_C(n) << 20)
#define LAYOUT_GIB(n) (LAYOUT_C(n) << 30)

#define LAYOUT_PAGE_ORDER 12
#define LAYOUT_SUPER_ORDER 21
#define LAYOUT_GIGA_ORDER 30
#define LAYOUT_PAGE_SIZE (LAYOUT_C(1) << LAYOUT_PAGE_ORDER)
#define LAYOUT_SUPER_SIZE (LAYOUT_C(1) << LAYOUT_SUPER_ORDER)
#define LAYOUT_GIGA_SIZE (LAYOUT_C(1) << LAYOUT_GIGA_ORDER)

/* Limits that follow from the windows below. */
#define LAYOUT_COMPONENTS_MAX 32
#define LAYOUT_CORES_MAX 32
#define LAYOUT_THREADS_MAX 64

/* The window that every build of an image finds free. */
#define LAYOUT_WINDOW_BASE LAYOUT_C(0x550000000000)
#define LAYOUT_WINDOW_END LAYOUT_C(0x568000000000)

/* The ELF image, linked and loaded here; in the guest, physical = virtual. */
#define LAYOUT_IMAGE_BASE LAYOUT_C(0x400000)
#define LAYOUT_IMAGE_SIZE LAYOUT_MIB(1020)
#define LAYOUT_IMAGE_END (LAYOUT_IMAGE_BASE + LAYOUT_IMAGE_SIZE)

/*
 * Zero-initialised data that is mostly never touched, the allocator's above all:
 * backed page by page when it is. Part of no segment of the ELF file, for Xen
 * would give it memory. The compiler expects all static data below 2 GiB.
 */
#define LAYOUT_SPARSE_BASE LAYOUT_IMAGE_END
#define LAYOUT_SPARSE_SIZE LAYOUT_MIB(64)
#define LAYOUT_SPARSE_END (LAYOUT_SPARSE_BASE + LAYOUT_SPARSE_SIZE)

/* One heap window a component: heap i begins at HEAPS_BASE + i * HEAP_SIZE. */
#define LAYOUT_HEAPS_BASE LAYOUT_C(0x550000000000)
#define LAYOUT_HEAP_SIZE LAYOUT_GIB(16)
#define LAYOUT_HEAPS_SIZE (LAYOUT_HEAP_SIZE * LAYOUT_COMPONENTS_MAX)
#define LAYOUT_HEAPS_END (LAYOUT_HEAPS_BASE + LAYOUT_HEAPS_SIZE)

/*
 * One stack slot a thread: 0 is the container's main thread, i the thread with
 * that number in the container's table. A stack ends where its slot ends; the
 * lower part of the slot, at least half of it, is never mapped and is its guard.
 */
#define LAYOUT_STACKS_BASE LAYOUT_C(0x558000000000)
#define LAYOUT_STACK_SLOT_SIZE LAYOUT_MIB(16)
#define LAYOUT_STACK_MAX LAYOUT_MIB(8)
#define LAYOUT_STACKS_SIZE (LAYOUT_STACK_SLOT_SIZE * LAYOUT_THREADS_MAX)
#define LAYOUT_STACKS_END (LAYOUT_STACKS_BASE + LAYOUT_STACKS_SIZE)

/*
 * One alternate stack a thread, numbered like the stacks: where a fault of the
 * thread, its own stack's overflow above all, is reported. A guard below each.
 */
#define LAYOUT_REPORTS_BASE LAYOUT_C(0x558800000000)
#define LAYOUT_REPORT_SLOT_SIZE LAYOUT_KIB(64)
#define LAYOUT_REPORT_STACK_SIZE LAYOUT_KIB(32)
#define LAYOUT_REPORTS_SIZE (LAYOUT_REPORT_SLOT_SIZE * LAYOUT_THREADS_MAX)
#define LAYOUT_REPORTS_END (LAYOUT_REPORTS_BASE + LAYOUT_REPORTS_SIZE)

/* Rings of the channels, one behind the other in the order of the manifest. */
#define LAYOUT_CHANNELS_BASE LAYOUT_C(0x559000000000)
#define LAYOUT_CHANNELS_SIZE LAYOUT_GIB(64)
#define LAYOUT_CHANNELS_END (LAYOUT_CHANNELS_BASE + LAYOUT_CHANNELS_SIZE)

/* Files handed to the image at run time, one slot each. */
#define LAYOUT_MODULES_BASE LAYOUT_C(0x55a000000000)
#define LAYOUT_MODULE_SLOT_SIZE LAYOUT_GIB(16)
#define LAYOUT_MODULES_MAX 4
#define LAYOUT_MODULES_SIZE (LAYOUT_MODULE_SLOT_SIZE * LAYOUT_MODULES_MAX)
#define LAYOUT_MODULES_END (LAYOUT_MODULES_BASE + LAYOUT_MODULES_SIZE)

/* Guest only: what mmap and brk without a fixed address give out. */
#define LAYOUT_COMMON_BASE LAYOUT_C(0x55b000000000)
#define LAYOUT_COMMON_SIZE LAYOUT_GIB(64)
#define LAYOUT_COMMON_END (LAYOUT_COMMON_BASE + LAYOUT_COMMON_SIZE)

/* Guest only: pages shared with Xen, one slot a page. */
#define LAYOUT_DEVICES_BASE LAYOUT_C(0x55c000000000)
#define LAYOUT_DEVICES_SIZE LAYOUT_MIB(2)
#define LAYOUT_DEVICES_END (LAYOUT_DEVICES_BASE + LAYOUT_DEVICES_SIZE)

/*
 * Guest only: one slot a core, with the stacks that the core itself needs.
 * Each stack ends where its sub-slot ends and has a guard below it.
 */
#define LAYOUT_CORES_BASE LAYOUT_C(0x55c800000000)
#define LAYOUT_CORE_STACK_SLOT_SIZE LAYOUT_KIB(32)
#define LAYOUT_CORE_STACK_SIZE LAYOUT_KIB(16)
#define LAYOUT_CORE_STACKS 8
#define LAYOUT_CORE_SLOT_SIZE (LAYOUT_CORE_STACK_SLOT_SIZE * LAYOUT_CORE_STACKS)
#define LAYOUT_CORES_SIZE (LAYOUT_CORE_SLOT_SIZE * LAYOUT_CORES_MAX)
#define LAYOUT_CORES_END (LAYOUT_CORES_BASE + LAYOUT_CORES_SIZE)

/* Guest only: the page tables, seen through one PML4 slot that maps itself. */
#define LAYOUT_TABLES_BASE LAYOUT_C(0x560000000000)
#define LAYOUT_TABLES_SIZE LAYOUT_GIB(512)
#define LAYOUT_TABLES_END (LAYOUT_TABLES_BASE + LAYOUT_TABLES_SIZE)

/*
 * Physical addresses of a PC without Xen, where an image runs to be debugged:
 * its interrupt controllers, and a page below 1 MiB where cores start.
 */
#define LAYOUT_PC_LOCAL_APIC LAYOUT_C(0xfee00000)
#define LAYOUT_PC_IO_APIC LAYOUT_C(0xfec00000)
#define LAYOUT_PC_TRAMPOLINE LAYOUT_C(0x8000)

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

enum layout_right {
	LAYOUT_READ = 1,
	LAYOUT_WRITE = 2,
	LAYOUT_EXEC = 4,
};

enum layout_target {
	LAYOUT_BOTH,  /* mapped in the guest and in the Linux process */
	LAYOUT_GUEST, /* in the guest only */
};

/*
 * Every region, in ascending order of address: X(NAME, PREVIOUS, page order,
 * rights, target, what it is for). The image's own row has the union of its
 * sections' rights; the linker script gives each section its own.
 */
#define LAYOUT_REGIONS(X)                                                                          \
	X(IMAGE, NONE, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC, LAYOUT_BOTH,   \
	  "the packed ELF: text, read-only data, data")                                            \
	X(SPARSE, IMAGE, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_BOTH,               \
	  "zero-initialised data, backed when touched")                                            \
	X(HEAPS, SPARSE, LAYOUT_SUPER_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_BOTH,              \
	  "one heap window a component")                                                           \
	X(STACKS, HEAPS, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_BOTH,               \
	  "one stack slot a thread, a guard below each")                                           \
	X(REPORTS, STACKS, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_BOTH,             \
	  "where a thread's faults are reported, a guard below each")                              \
	X(CHANNELS, REPORTS, LAYOUT_SUPER_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_BOTH,          \
	  "rings of the channels")                                                                 \
	X(MODULES, CHANNELS, LAYOUT_PAGE_ORDER, LAYOUT_READ, LAYOUT_BOTH,                          \
	  "files handed over at run time")                                                         \
	X(COMMON, MODULES, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_GUEST,            \
	  "the container's own memory, backed when touched")                                       \
	X(DEVICES, COMMON, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_GUEST,            \
	  "pages shared with Xen")                                                                 \
	X(CORES, DEVICES, LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE, LAYOUT_GUEST,             \
	  "idle, fault and interrupt stacks of each core")                                         \
	X(TABLES, CORES, LAYOUT_PAGE_ORDER, LAYOUT_READ, LAYOUT_GUEST, "the page tables")

enum layout_region_id {
#define LAYOUT_ID(name, prev, order, rights, target, what) LAYOUT_REGION_##name,
	LAYOUT_REGIONS(LAYOUT_ID)
#undef LAYOUT_ID
		LAYOUT_REGION_COUNT,
};

struct layout_region {
	const char *name; /* as in LAYOUT_REGIONS */
	const char *what;
	uint64_t base;
	uint64_t size; /* bytes */
	unsigned page_order;
	unsigned rights; /* of enum layout_right */
	enum layout_target target;
};

extern const struct layout_region layout_regions[LAYOUT_REGION_COUNT];

/* The region that holds addr, or NULL. */
const struct layout_region *layout_region_at(uint64_t addr);

/* First byte of component i's heap window. */
static inline uint64_t layout_heap_base(unsigned i)
{
	return LAYOUT_HEAPS_BASE + i * LAYOUT_HEAP_SIZE;
}

/* First byte behind the stack of thread i; 0 is the container's main thread. */
static inline uint64_t layout_stack_end(unsigned i)
{
	return LAYOUT_STACKS_BASE + (i + 1) * LAYOUT_STACK_SLOT_SIZE;
}

/* First byte behind the report stack of thread i. */
static inline uint64_t layout_report_end(unsigned i)
{
	return LAYOUT_REPORTS_BASE + (i + 1) * LAYOUT_REPORT_SLOT_SIZE;
}

/* First byte of module i's slot. */
static inline uint64_t layout_module_base(unsigned i)
{
	return LAYOUT_MODULES_BASE + i * LAYOUT_MODULE_SLOT_SIZE;
}

#endif /* __ASSEMBLER__ */
#endif
