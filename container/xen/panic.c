/* SPDX-License-Identifier: MIT */
/*
 * The end of the guest: see panic.h.
 *
 * The report itself allocates nothing and takes no lock but the console's, which
 * it seizes; the unwinder may touch memory that is backed on demand. Should the
 * report fault for good, it ends at once.
 */
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/hypercall.h"
#include "container/xen/page.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/image.h"
#include "container/symbol.h"
#include "drivers/console.h"

#include <stdarg.h>
#include <unwind.h>

#define BACKTRACE_DEPTH 32

static unsigned end_reason = SHUTDOWN_poweroff;
static struct core *panicking; /* the core that ends the guest; others stop */

static _Noreturn void stop(unsigned reason)
{
	hypercall_domain_shutdown(reason);
	for (;;)
		cpu_interrupts_off();
}

/* The last line tells whoever reads the console that nothing more will come. */
static _Noreturn void crash_end(void)
{
	print("atoll: image %s ended as crashed\n", image.name);
	console_drain();
	stop(SHUTDOWN_crash);
}

/* Only the first core that gets here reports; one that fails in its report ends at once. */
static void panic_begin(void)
{
	struct core *none = NULL;

	if (__atomic_compare_exchange_n(&panicking, &none, core_self(), false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		/* The fault may still stand on the usual stack: backing memory takes another. */
		core_self()->tss.ist[CORE_IST_FAULT - 1] =
			core_stack_end(core_self()->id, CORE_REPORT);
		console_seize();
		return;
	}
	if (none == core_self()) {
		print(" (the rest cannot be read)\n");
		crash_end();
	}
	for (;;)
		cpu_relax();
}

bool panic_is_here(void)
{
	return __atomic_load_n(&panicking, __ATOMIC_RELAXED) == core_self();
}

static void registers_print(const struct regs *regs)
{
	print(" rip %016lx  rsp %016lx  rflags %08lx\n", regs->rip, regs->rsp, regs->rflags);
	print(" rax %016lx  rbx %016lx  rcx %016lx\n", regs->rax, regs->rbx, regs->rcx);
	print(" rdx %016lx  rsi %016lx  rdi %016lx\n", regs->rdx, regs->rsi, regs->rdi);
	print(" rbp %016lx  r8  %016lx  r9  %016lx\n", regs->rbp, regs->r8, regs->r9);
	print(" r10 %016lx  r11 %016lx  r12 %016lx\n", regs->r10, regs->r11, regs->r12);
	print(" r13 %016lx  r14 %016lx  r15 %016lx\n", regs->r13, regs->r14, regs->r15);
	print(" cr2 %016lx  fs  %016lx\n", cpu_cr2(), cpu_fs_base());
}

struct trace {
	unsigned depth;
	bool past_kernel; /* the frames of the report itself are of no interest */
	uint64_t start;   /* where the interesting part begins; 0: at once */
};

static void frame_print(unsigned depth, uint64_t rip, bool behind_call)
{
	uint64_t offset;
	/* A return address may lie behind the last instruction of its function. */
	const char *name = symbol_at(rip - behind_call, &offset);

	if (name)
		print(" #%-2u %016lx %s+%#lx\n", depth, rip, name, offset + behind_call);
	else
		print(" #%-2u %016lx ?\n", depth, rip);
}

static _Unwind_Reason_Code trace_frame(struct _Unwind_Context *context, void *argument)
{
	struct trace *trace = argument;
	int at_fault = 0;
	uint64_t rip = _Unwind_GetIPInfo(context, &at_fault);

	if (!trace->past_kernel && rip == trace->start)
		trace->past_kernel = true;
	if (!trace->past_kernel)
		return _URC_NO_REASON;
	if (!rip || trace->depth == BACKTRACE_DEPTH)
		return _URC_END_OF_STACK;
	frame_print(trace->depth++, rip, !at_fault);
	return _URC_NO_REASON;
}

/*
 * A jump to where no function is: the unwinder has no rule for it, but it was a
 * call, and the caller's address lies on the stack. Go on as if in the caller.
 */
static void regs_return(struct regs *regs)
{
	if (regs->rsp % sizeof(uint64_t) || !page_is_mapped(regs->rsp, LAYOUT_READ))
		return;
	regs->rip = *(const uint64_t *)regs->rsp;
	regs->rsp += sizeof(uint64_t);
}

static void backtrace_print(struct regs *regs)
{
	struct trace trace = {.past_kernel = !regs};
	uint64_t offset;

	print(" backtrace:\n");
	if (regs && !symbol_at(regs->rip, &offset)) {
		frame_print(trace.depth++, regs->rip, false);
		regs_return(regs);
	}
	trace.start = regs ? regs->rip : 0;
	/* The unwinder is C library code: it needs a thread pointer. */
	if (cpu_fs_base())
		_Unwind_Backtrace(trace_frame, &trace);
	if (!trace.depth && regs)
		frame_print(0, regs->rip, false);
}

static _Noreturn void report(struct regs *regs, const char *format, va_list list)
{
	char text[160];

	panic_begin();
	print_list(text, sizeof(text), format, list);
	print("\natoll: image %s crashed in %s on core %u: %s\n", image.name,
	      core_self()->current->name, core_self()->id, text);
	if (regs)
		registers_print(regs);
	backtrace_print(regs);
	crash_end();
}

_Noreturn void panic(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	report(NULL, format, list);
}

_Noreturn void panic_regs(struct regs *regs, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	report(regs, format, list);
}

void guest_end_reason_set(unsigned reason)
{
	__atomic_store_n(&end_reason, reason, __ATOMIC_RELAXED);
}

_Noreturn void guest_end(int status)
{
	panic_begin();
	print("atoll: image %s ended with status %d\n", image.name, status);
	console_drain();
	stop(__atomic_load_n(&end_reason, __ATOMIC_RELAXED));
}
