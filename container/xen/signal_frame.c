/* SPDX-License-Identifier: MIT */
/*
 * The frame of a signal's handler: see signal_frame.h. Its form is what the C
 * library, unwinders and handlers expect (linux/arch/x86/kernel/signal.c).
 */
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/page.h"
#include "container/xen/signal.h"
#include "container/xen/signal_frame.h"
#include "container/xen/string.h"
#include "container/xen/vector.h"
#include "container/xen/vm.h"

#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#define VECTOR_ALIGN 64
#define STACK_ALIGN 16
#define FAULT_BY_USER 4 /* Linux's handlers see every fault as made outside the kernel */
#define VECTOR_PAGE_FAULT 14
/* What a handler may change of the flags: the arithmetic ones, DF, TF, RF and AC. */
#define RFLAGS_FREE (0x00010cd5 | RFLAGS_TF | RFLAGS_AC)
#define RFLAGS_RF 0x00010000

struct signal_frame {
	__sigrestore_t restorer; /* where the handler returns to */
	struct ucontext context;
	siginfo_t info;
};

_Static_assert(sizeof(struct signal_frame) == 440, "as Linux's struct rt_sigframe");

static const stack_t *stack_of_self(void)
{
	return &thread_current()->signals.stack;
}

bool signal_stack_is_used(uint64_t rsp)
{
	const stack_t *stack = stack_of_self();
	uint64_t base = (uint64_t)stack->ss_sp;

	return rsp > base && rsp - base <= stack->ss_size;
}

/* First byte behind the frame to be. */
static uint64_t frame_end(const struct regs *regs, const struct sigaction *action)
{
	const stack_t *stack = stack_of_self();
	uint64_t below = regs->rsp - RED_ZONE;

	if ((action->sa_flags & SA_ONSTACK) && stack->ss_size && !signal_stack_is_used(below))
		return (uint64_t)stack->ss_sp + stack->ss_size;
	return below;
}

/* May [from, end) be written? Backs what is only backed when touched. */
static bool is_writable(uint64_t from, uint64_t end)
{
	for (uint64_t at = from & ~(LAYOUT_PAGE_SIZE - 1); at < end; at += LAYOUT_PAGE_SIZE)
		if (!page_is_mapped(at, LAYOUT_WRITE) && vm_fault(at, LAYOUT_WRITE) != VM_BACKED)
			return false;
	return true;
}

static void context_fill(struct sigcontext *to, const struct regs *regs)
{
	bool is_page_fault = regs->vector == VECTOR_PAGE_FAULT;

	*to = (struct sigcontext){
		.r8 = regs->r8,
		.r9 = regs->r9,
		.r10 = regs->r10,
		.r11 = regs->r11,
		.r12 = regs->r12,
		.r13 = regs->r13,
		.r14 = regs->r14,
		.r15 = regs->r15,
		.rdi = regs->rdi,
		.rsi = regs->rsi,
		.rbp = regs->rbp,
		.rbx = regs->rbx,
		.rdx = regs->rdx,
		.rax = regs->rax,
		.rcx = regs->rcx,
		.rsp = regs->rsp,
		.rip = regs->rip,
		.eflags = regs->rflags,
		.cs = (uint16_t)regs->cs,
		.ss = (uint16_t)regs->ss,
		.err = regs->error | (is_page_fault ? FAULT_BY_USER : 0),
		.trapno = regs->vector,
		.cr2 = is_page_fault ? cpu_cr2() : 0,
	};
}

static void context_take(struct regs *regs, const struct sigcontext *from)
{
	*regs = (struct regs){
		.r8 = from->r8,
		.r9 = from->r9,
		.r10 = from->r10,
		.r11 = from->r11,
		.r12 = from->r12,
		.r13 = from->r13,
		.r14 = from->r14,
		.r15 = from->r15,
		.rdi = from->rdi,
		.rsi = from->rsi,
		.rbp = from->rbp,
		.rbx = from->rbx,
		.rdx = from->rdx,
		.rax = from->rax,
		.rcx = from->rcx,
		.rsp = from->rsp,
		.rip = from->rip,
		.rflags = (from->eflags & RFLAGS_FREE) | RFLAGS_IF,
		.cs = SEGMENT_CODE,
		.ss = SEGMENT_DATA,
	};
}

/* Handlers begin as functions do: flags clear, a stack that a call has just left unaligned. */
static void handler_call(struct regs *regs, const struct sigaction *action,
			 struct signal_frame *frame)
{
	regs->rip = (uint64_t)action->sa_handler;
	regs->rsp = (uint64_t)frame;
	regs->rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
	regs->rax = 0;
	regs->rdi = (uint64_t)frame->info.si_signo;
	regs->rsi = (uint64_t)&frame->info;
	regs->rdx = (uint64_t)&frame->context;
}

bool signal_frame_push(struct regs *regs, const struct sigaction *action, const siginfo_t *info,
		       uint64_t mask)
{
	uint64_t end = frame_end(regs, action);
	uint64_t vector = (end - vector_frame_size()) & ~(uint64_t)(VECTOR_ALIGN - 1);
	uint64_t at = ((vector - sizeof(struct signal_frame)) & ~(uint64_t)(STACK_ALIGN - 1)) -
		      sizeof(uint64_t);
	struct signal_frame *frame = (struct signal_frame *)at;

	/* A handler on its alternate stack must not run over what is below that. */
	if (signal_stack_is_used(end) && !signal_stack_is_used(at))
		return false;
	if (!(action->sa_flags & SA_RESTORER) || at > end || !is_writable(at, end))
		return false;
	frame->restorer = action->sa_restorer;
	frame->context = (struct ucontext){
		.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
		.uc_stack = *stack_of_self(),
		.uc_sigmask = mask,
	};
	frame->info = *info;
	context_fill(&frame->context.uc_mcontext, regs);
	frame->context.uc_mcontext.oldmask = mask;
	frame->context.uc_mcontext.fpstate = (struct _fpstate *)vector;
	vector_frame_save((void *)vector);
	handler_call(regs, action, frame);
	return true;
}

static bool is_readable(uint64_t from, uint64_t size)
{
	return from % sizeof(uint64_t) == 0 && page_is_mapped(from, LAYOUT_READ) &&
	       page_is_mapped(from + size - 1, LAYOUT_READ);
}

/* iretq faults, in the kernel, on an address that no page table can map. */
static bool is_canonical(uint64_t addr)
{
	return (int64_t)(addr << 16) >> 16 == (int64_t)addr;
}

bool signal_frame_pop(struct regs *regs)
{
	const struct signal_frame *frame =
		(const struct signal_frame *)(regs->rsp - sizeof(frame->restorer));

	if (!is_readable((uint64_t)frame, sizeof(*frame)))
		return false;

	struct ucontext context = frame->context;
	uint64_t vector = (uint64_t)context.uc_mcontext.fpstate;

	if (!is_canonical(context.uc_mcontext.rip) || !is_canonical(context.uc_mcontext.rsp) ||
	    (vector && !is_readable(vector, vector_frame_size())) ||
	    !vector_frame_load((const void *)vector))
		return false;
	context_take(regs, &context.uc_mcontext);
	thread_current()->signals.stack = context.uc_stack;
	signal_mask_set(context.uc_sigmask);
	return true;
}
