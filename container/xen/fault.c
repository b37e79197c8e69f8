/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: memory that is backed when touched; a signal for what code above
 * the system call line did wrong; and the end for all else.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/page.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/xen/signal.h"
#include "container/xen/user.h"
#include "container/xen/vm.h"
#include "container/place.h"
#include "layout/layout.h"

#include <asm/siginfo.h>

#define VECTOR_DIVIDE 0
#define VECTOR_SIMD 19
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE_FAULT 14
#define FAULT_PRESENT 1
#define FAULT_WRITE 2
#define FAULT_RESERVED 8
#define FAULT_FETCH 16

void exception_dispatch(struct regs *regs);

extern const char syscall_probe[];

/* What an exception is called here, and what Linux makes of it; signal 0: never the code's fault.
 */
static const struct exception {
	const char *name;
	int signal, code;
	bool at_code; /* the signal's address is that of the instruction */
} exceptions[32] = {
	[0] = {"divide error", SIGFPE, FPE_INTDIV, true},
	[1] = {"debug exception", SIGTRAP, TRAP_TRACE, true},
	[2] = {"non-maskable interrupt", 0, 0, false},
	[3] = {"breakpoint", SIGTRAP, SI_KERNEL, false},
	[4] = {"overflow", SIGSEGV, SI_KERNEL, false},
	[5] = {"bound range exceeded", SIGSEGV, SI_KERNEL, false},
	[6] = {"invalid instruction", SIGILL, ILL_ILLOPN, true},
	[7] = {"device not available", 0, 0, false},
	[8] = {"double fault", 0, 0, false},
	[10] = {"invalid TSS", SIGSEGV, SI_KERNEL, false},
	[11] = {"segment not present", SIGBUS, SI_KERNEL, false},
	[12] = {"stack segment fault", SIGBUS, SI_KERNEL, false},
	[13] = {"general protection fault", SIGSEGV, SI_KERNEL, false},
	[14] = {"page fault", SIGSEGV, SEGV_MAPERR, false},
	[16] = {"x87 floating-point error", SIGFPE, 0, true},
	[17] = {"alignment check", SIGBUS, BUS_ADRALN, false},
	[18] = {"machine check", 0, 0, false},
	[19] = {"SIMD floating-point error", SIGFPE, 0, true},
	[21] = {"control protection fault", 0, 0, false},
};

static _Noreturn void page_fault_report(struct regs *regs, uint64_t addr, enum vm_fault found)
{
	char place[48];
	const char *verb = "read of", *why = "has nothing there";

	if (regs->error & FAULT_FETCH)
		verb = "jump to";
	else if (regs->error & FAULT_WRITE)
		verb = "write to";
	if (regs->error & FAULT_PRESENT)
		why = "does not allow it";
	else if (found == VM_NO_MEMORY)
		why = "no memory is left for";
	place_name(addr, place, sizeof(place));
	panic_regs(regs, "%s %#lx, %s, which %s", verb, addr, place, why);
}

/*
 * Make a fault that the kernel made for its caller the caller's own: at the
 * first instruction of a system call, when there is no stack left for it.
 */
static void regs_of_caller(struct regs *regs)
{
	if (regs->rip != (uint64_t)syscall_probe)
		return;
	regs->rip = regs->rcx - SYSCALL_SIZE;
	regs->rflags = regs->r11;
}

/*
 * Was it for a right that the page has been given since, unknown to this core? Then
 * it knows now. The tables' rights are not in their last level.
 */
static bool is_outdated(const struct regs *regs, uint64_t addr, unsigned right)
{
	return (regs->error & (FAULT_PRESENT | FAULT_RESERVED)) == FAULT_PRESENT &&
	       addr < LAYOUT_TABLES_BASE && page_is_mapped(addr, right);
}

static bool is_above(const struct regs *regs)
{
	return (regs->rflags & RFLAGS_IF) && core_self()->current != &core_self()->idle;
}

static void page_fault(struct regs *regs)
{
	uint64_t addr = cpu_cr2();
	unsigned right = LAYOUT_READ;
	bool present = regs->error & FAULT_PRESENT;
	enum vm_fault found = VM_NOTHING;
	int signal = SIGSEGV, code = present ? SEGV_ACCERR : SEGV_MAPERR;

	if (regs->error & FAULT_FETCH)
		right = LAYOUT_EXEC;
	else if (regs->error & FAULT_WRITE)
		right = LAYOUT_WRITE;
	if (!present)
		found = vm_fault(addr & ~(LAYOUT_PAGE_SIZE - 1), right);
	if (found == VM_BACKED || is_outdated(regs, addr, right))
		return;
	if (user_fixup(regs))
		return;
	regs_of_caller(regs);
	if (found == VM_NO_MEMORY)
		signal = SIGBUS, code = BUS_ADRERR;
	if (!is_above(regs) || !signal_fault(regs, signal, code, addr))
		page_fault_report(regs, addr, found);
}

/* Which of the floating-point errors that were to be told is it? By the bits of MXCSR. */
static int float_code(uint64_t vector)
{
	static const int codes[] = {FPE_FLTINV, FPE_FLTUND, FPE_FLTDIV,
				    FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES};
	uint32_t raised = vector == VECTOR_SIMD ? cpu_simd_errors() : cpu_x87_errors();

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (raised >> i & 1)
			return codes[i];
	return SI_KERNEL;
}

/* From entry.S, on an IST stack of this core. */
void exception_dispatch(struct regs *regs)
{
	static const struct exception unknown = {"unknown exception", 0, 0, false};
	const struct exception *is = regs->vector < 32 ? &exceptions[regs->vector] : &unknown;
	int code = is->code;

	if (regs->vector == VECTOR_PAGE_FAULT) {
		/* Else an upcall came twice, and found no stack the second time: it is no more. */
		if (!core_upcall_begins(core_self()))
			page_fault(regs);
		return;
	}
	/* An address that is not canonical is no page fault. */
	if (regs->vector == VECTOR_PROTECTION && user_fixup(regs))
		return;
	if (is->signal == SIGFPE && regs->vector != VECTOR_DIVIDE)
		code = float_code(regs->vector);
	if (is->signal && is_above(regs) &&
	    signal_fault(regs, is->signal, code, is->at_code ? regs->rip : 0))
		return;
	panic_regs(regs, "%s (vector %lu, error %#lx)", is->name ? is->name : unknown.name,
		   regs->vector, regs->error);
}
