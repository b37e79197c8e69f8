/* SPDX-License-Identifier: MIT */
/*
 * Causes of failures: see cause.h. A context has the processor's own trap number
 * and error code (Intel SDM volume 3, 6.15; for page faults, 4.7).
 */
#define _GNU_SOURCE /* names of registers */

#include "container/cause.h"

#include <stdbool.h>
#include <stdint.h>

#include "container/format.h"
#include "container/image.h"
#include "container/life.h"
#include "container/place.h"
#include "container/thread.h"

#define TRAP_PAGE_FAULT 14
#define PAGE_PRESENT 1
#define PAGE_WRITE 2
#define PAGE_FETCH 16
#define PLACE_BYTES 64

static const char *const trap_names[] = {
	[0] = "divide error",
	[1] = "debug exception",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid instruction",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "general protection fault",
	[16] = "x87 floating-point error",
	[17] = "alignment check",
	[19] = "SIMD floating-point error",
};

unsigned (*cause_task)(uint64_t addr);

static const char *trap_name(uint64_t trap)
{
	const char *name = NULL;

	if (trap < sizeof(trap_names) / sizeof(trap_names[0]))
		name = trap_names[trap];
	return name ? name : "unknown exception";
}

/* In this thread's own slot, below its stack. */
static bool is_overflow(const struct thread *t, uint64_t addr)
{
	uint64_t end = layout_stack_end(t->number);

	return addr >= end - LAYOUT_STACK_SLOT_SIZE && addr < end - t->stack_bytes;
}

/* Why a page fault is a failure. Memory that cannot be had is a bus error, not a violation. */
static const char *page_fault_reason(int signal, uint64_t error)
{
	if (signal == SIGBUS)
		return "no memory is left for";
	return error & PAGE_PRESENT ? "does not allow it" : "has nothing there";
}

static void page_fault_describe(const struct thread *t, const siginfo_t *info, uint64_t error,
				char *text, size_t size)
{
	uint64_t addr = (uint64_t)info->si_addr;
	unsigned (*look)(uint64_t) = __atomic_load_n(&cause_task, __ATOMIC_RELAXED);
	unsigned task = look ? look(addr) : 0;
	char place[PLACE_BYTES];
	const char *verb = "read of";

	if (error & PAGE_FETCH)
		verb = "jump to";
	else if (error & PAGE_WRITE)
		verb = "write to";
	if (is_overflow(t, addr))
		print_to(place, sizeof(place), "stack overflow of component %s, thread %u",
			 t->component->spec->name, t->number);
	else if (task)
		print_to(place, sizeof(place), "stack overflow of component %s, task %u",
			 t->component->spec->name, task);
	else
		place_name(addr, place, sizeof(place));
	print_to(text, size, "%s %#lx, %s, which %s", verb, addr, place,
		 page_fault_reason(info->si_signo, error));
}

void cause_describe(const struct thread *t, const siginfo_t *info, const ucontext_t *context,
		    char *text, size_t size)
{
	const greg_t *regs = context->uc_mcontext.gregs;

	if (info->si_signo == SIGABRT)
		print_to(text, size, "aborted");
	else if (info->si_code <= 0)
		print_to(text, size, "got signal %d", info->si_signo);
	else if (regs[REG_TRAPNO] == TRAP_PAGE_FAULT)
		page_fault_describe(t, info, (uint64_t)regs[REG_ERR], text, size);
	else
		print_to(text, size, "%s (vector %lu, error %#lx)",
			 trap_name((uint64_t)regs[REG_TRAPNO]), (uint64_t)regs[REG_TRAPNO],
			 (uint64_t)regs[REG_ERR]);
}
