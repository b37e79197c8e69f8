/* SPDX-License-Identifier: MIT */
/*
 * From the first line of C to the image's own main, on the boot core.
 */
#include "container/image.h"
#include "container/xen/boot.h"
#include "container/xen/clock.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/device.h"
#include "container/xen/event.h"
#include "container/xen/frame.h"
#include "container/xen/futex.h"
#include "container/xen/hypercall.h"
#include "container/xen/page.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/xen/process.h"
#include "container/xen/vector.h"
#include "container/xen/vm.h"
#include "drivers/console.h"
#include "drivers/xenstore.h"

#define EX_OSERR 71 /* sysexits.h, which the kernel has no business with */
#define FRAMES_PER_BLOCK (LAYOUT_SUPER_SIZE / LAYOUT_PAGE_SIZE)

_Noreturn void boot_start(uint64_t info);

extern const char image_text_start[], image_text_end[], image_rodata_end[], image_tables_end[],
	image_end[];

static void must(int ret, const char *what)
{
	if (ret < 0)
		panic("%s: error %d", what, -ret);
}

/* Give each part of the image its rights, page by page; what is around it goes. */
static void image_map(void)
{
	uint64_t text = (uint64_t)image_text_start, rodata = (uint64_t)image_text_end;
	uint64_t tables = (uint64_t)image_rodata_end, data = (uint64_t)image_tables_end;
	uint64_t end = (uint64_t)image_end;
	uint64_t block_end = (end + LAYOUT_SUPER_SIZE - 1) & ~(LAYOUT_SUPER_SIZE - 1);

	for (uint64_t at = LAYOUT_IMAGE_BASE; at < end; at += LAYOUT_SUPER_SIZE)
		must(page_split(at), "split the image's boot pages");
	page_unmap(end, block_end - end);
	page_protect(LAYOUT_IMAGE_BASE, text - LAYOUT_IMAGE_BASE, LAYOUT_READ);
	page_protect(text, rodata - text, LAYOUT_READ | LAYOUT_EXEC);
	page_protect(rodata, tables - rodata, LAYOUT_READ);
	page_protect(tables, data - tables, LAYOUT_READ);
	page_protect(data, end - data, LAYOUT_READ | LAYOUT_WRITE);
}

static void modules_map(void)
{
	for (unsigned i = 0; i < boot.module_count; i++) {
		uint64_t size =
			(boot.modules[i].size + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);

		must(page_map(layout_module_base(i), boot.modules[i].paddr, size, LAYOUT_READ),
		     "map a module");
	}
}

static void devices_map(uint32_t *console_port)
{
	uint64_t gfn = boot.hole >> LAYOUT_PAGE_ORDER, port;

	must((int)hypercall_map_shared_info(&gfn), "get shared info");
	must(device_map(DEVICE_SHARED_INFO, gfn), "map shared info");
	must((int)hypercall_param_get(HVM_PARAM_CONSOLE_PFN, &gfn), "find the console");
	must((int)hypercall_param_get(HVM_PARAM_CONSOLE_EVTCHN, &port), "find the console's port");
	must(device_map(DEVICE_CONSOLE, gfn), "map the console");
	*console_port = (uint32_t)port;
}

/* Whole blocks that the image's promises take where so many single frames are free. */
static uint64_t blocks_needed(uint64_t frames)
{
	uint64_t split = image.memory.pages > frames ? image.memory.pages - frames : 0;

	return image.memory.super_pages + (split + FRAMES_PER_BLOCK - 1) / FRAMES_PER_BLOCK;
}

/* End here and not later, when a component finds that its heap cannot be backed. */
static void memory_check(const struct frame_stock *stock)
{
	/* What is behind the last whole block of all: with more memory it would be in one. */
	uint64_t tail = boot.ram % LAYOUT_SUPER_SIZE;
	uint64_t blocks, needed;

	frame_promise(image.memory.super_pages);
	if (blocks_needed(stock->frames) <= stock->super_frames)
		return;
	blocks = blocks_needed(stock->frames - tail / LAYOUT_PAGE_SIZE);
	needed = boot.ram - tail + (blocks - stock->super_frames) * LAYOUT_SUPER_SIZE;
	print("atoll: image %s needs %lu MiB of memory, Xen gave %lu: raise memory= in its xl "
	      "config\n",
	      image.name, needed / LAYOUT_MIB(1), boot.ram / LAYOUT_MIB(1));
	guest_end(EX_OSERR);
}

/* Last: nobody waits for xenstored, and there is a process that it can ask to end. */
static void xenstore_begin(void)
{
	uint64_t gfn, port;

	must((int)hypercall_param_get(HVM_PARAM_STORE_PFN, &gfn), "find XenStore");
	must((int)hypercall_param_get(HVM_PARAM_STORE_EVTCHN, &port), "find XenStore's port");
	must(device_map(DEVICE_XENSTORE, gfn), "map XenStore");
	must(xenstore_init((uint32_t)port), "bind XenStore");
}

/* On the boot core's idle stack, with the final map. */
static void boot_finish(void)
{
	must(core_start_others(image.cores), "start a core; does the xl config give enough vcpus?");
	process_start();
	page_guard();
	xenstore_begin();
	thread_idle();
}

_Noreturn void boot_start(uint64_t info)
{
	uint64_t entry_tsc = cpu_tsc();
	uint32_t console_port;
	struct frame_stock stock;

	core_boot();
	if (!hypercall_init())
		panic("no Xen underneath: start this image with xl create");
	boot_info_read(info);
	stock = frame_stock();
	image_map();
	must(core_stacks_map(0), "map the boot core's stacks");
	page_identity_end();
	modules_map();
	devices_map(&console_port);
	core_setup();
	vector_init();
	futex_init();
	vm_init();
	clock_init(entry_tsc);
	must(event_init(), "take event upcalls");
	must(event_core_setup(core_self()), "bind the boot core's events");
	must(console_init(console_port), "bind the console");
	print_to_console();
	memory_check(&stock);
	stack_call(core_stack_end(0, CORE_IDLE), boot_finish);
}
