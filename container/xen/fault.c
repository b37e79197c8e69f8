/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: memory that is backed when touched, and the end for all else.
 */
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/xen/vm.h"
#include "container/place.h"
#include "layout/layout.h"

#define VECTOR_PAGE_FAULT 14
#define FAULT_PRESENT 1
#define FAULT_WRITE 2
#define FAULT_FETCH 16

void exception_dispatch(struct regs *regs);

static const char *const exception_names[32] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid instruction",
	[7] = "device not available",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "general protection fault",
	[16] = "x87 floating-point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating-point error",
	[21] = "control protection fault",
};

static _Noreturn void page_fault_report(struct regs *regs, uint64_t addr)
{
	char place[48];
	const char *verb = "read of";

	if (regs->error & FAULT_FETCH)
		verb = "jump to";
	else if (regs->error & FAULT_WRITE)
		verb = "write to";
	place_name(addr, place, sizeof(place));
	panic_regs(regs, "%s %#lx, %s, which %s", verb, addr, place,
		   regs->error & FAULT_PRESENT ? "does not allow it" : "has nothing there");
}

static void page_fault(struct regs *regs)
{
	uint64_t addr = cpu_cr2();
	unsigned right = LAYOUT_READ;

	if (regs->error & FAULT_FETCH)
		right = LAYOUT_EXEC;
	else if (regs->error & FAULT_WRITE)
		right = LAYOUT_WRITE;
	if ((regs->error & FAULT_PRESENT) || addr - LAYOUT_COMMON_BASE >= LAYOUT_COMMON_SIZE ||
	    !vm_fault(addr & ~(LAYOUT_PAGE_SIZE - 1), right))
		page_fault_report(regs, addr);
}

/* From entry.S, on an IST stack of this core. */
void exception_dispatch(struct regs *regs)
{
	if (regs->vector == VECTOR_PAGE_FAULT) {
		page_fault(regs);
		return;
	}

	const char *name = regs->vector < 32 ? exception_names[regs->vector] : NULL;

	panic_regs(regs, "%s (vector %lu, error %#lx)", name ? name : "unknown exception",
		   regs->vector, regs->error);
}
