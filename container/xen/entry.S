/* SPDX-License-Identifier: MIT */
/*
 * Every way into the kernel after boot: system calls, exceptions, the event
 * upcall; and the switch between two threads.
 *
 * All code of the image runs in ring 0 with one GS base a core (struct core).
 * The kernel's C neither touches vector registers nor has a red zone, and runs
 * with interrupts off; the code above it may do both, hence:
 *  - a system call steps over the caller's red zone and runs on its stack;
 *  - exceptions and upcalls begin on IST stacks of the core.
 */
#include "container/xen/asm.h"

	.macro PUSH_REGS
	push %rax
	push %rcx
	PUSH_REGS_FROM_RDX
	.endm

	.macro PUSH_REGS_FROM_RDX
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	.macro POP_REGS
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rbp
	pop %rbx
	pop %rdx
	pop %rcx
	pop %rax
	.endm

	.macro POP_REGS_AND_RETURN
	POP_REGS
	add $16, %rsp
	iretq
	.endm

/* Unwind rules for the registers of a struct regs; the CFA is set by the caller. */
	.macro CFI_REGS
	.cfi_rel_offset r15, 0 * 8
	.cfi_rel_offset r14, 1 * 8
	.cfi_rel_offset r13, 2 * 8
	.cfi_rel_offset r12, 3 * 8
	.cfi_rel_offset r11, 4 * 8
	.cfi_rel_offset r10, 5 * 8
	.cfi_rel_offset r9, 6 * 8
	.cfi_rel_offset r8, 7 * 8
	.cfi_rel_offset rdi, 8 * 8
	.cfi_rel_offset rsi, 9 * 8
	.cfi_rel_offset rbp, 10 * 8
	.cfi_rel_offset rbx, 11 * 8
	.cfi_rel_offset rdx, 12 * 8
	.cfi_rel_offset rcx, 13 * 8
	.cfi_rel_offset rax, REGS_RAX
	.cfi_rel_offset rip, REGS_RIP
	.endm

	.text

/*
 * void syscall_entry(void): target of the `syscall` instruction in ring 0.
 *
 * In: rax number, rdi rsi rdx r10 r8 r9 arguments, rcx return address, r11
 * flags, interrupts off (SFMASK). Out: rax result; rcx and r11 as they were;
 * everything else untouched. Builds a struct regs whose rip and flags are the
 * caller's, so that clone can copy it to a child.
 *
 * The first instruction backs the stack that the kernel needs, /before/ any lock
 * that backing takes; where there is no stack left, it faults with the caller's
 * registers as they were, and fault.c makes the fault the caller's.
 *
 * An event that came during the call is taken as soon as the flags are back: the
 * unwind rules hold at that place, too.
 */
	.globl syscall_entry, syscall_probe
	.type syscall_entry, @function
syscall_entry:
	.cfi_startproc simple
	.cfi_def_cfa rsp, 0
	.cfi_register rip, rcx
syscall_probe:
	testb %al, -SYSCALL_STACK_NEED(%rsp)
	lea -RED_ZONE(%rsp), %rsp
	.cfi_def_cfa_offset RED_ZONE
	push $SEGMENT_DATA
	push $0                 /* rsp: clone fills it in for the child */
	push %r11
	push $SEGMENT_CODE
	push %rcx
	push $0
	push $0
	PUSH_REGS
	mov %rsp, %rdi
	mov %rsp, %rbp
	.cfi_remember_state
	.cfi_def_cfa rbp, REGS_SIZE + RED_ZONE
	CFI_REGS
	and $-16, %rsp
	call syscall_dispatch
	mov %rbp, %rsp
	mov %rax, REGS_RAX(%rsp)
	POP_REGS
	lea (7 * 8)(%rsp), %rsp
	.cfi_restore_state
	/* Flags while still above the red zone: popf needs a word of stack. */
	push %r11
	popf
	lea RED_ZONE(%rsp), %rsp
	.cfi_def_cfa_offset 0
	jmp *%rcx
	.cfi_endproc
	.size syscall_entry, . - syscall_entry

/*
 * long direct_wait(uint32_t *word, uint32_t expected, uint64_t deadline),
 * long direct_wake(uint32_t *word): called, not trapped to, by code above the line.
 *
 * The first instruction backs the stack, as that of syscall_entry does. Where the
 * thread has work to do it leaves by way of registers that are made up: all that a
 * function may change is as well gone.
 */
	.macro DIRECT name, target
	.globl \name
	.type \name, @function
\name:
	.cfi_startproc
	testb %al, -SYSCALL_STACK_NEED(%rsp)
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	cli
	call \target
	mov %gs:CORE_CURRENT, %rcx
	cmpl $0, THREAD_WORK(%rcx)
	jne direct_out
	sti
	pop %rbp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size \name, . - \name
	.endm

	DIRECT direct_wait, direct_futex_wait
	DIRECT direct_wake, direct_futex_wake

direct_out:
	pop %rbp
	pop %rcx
	mov %rsp, %rdx
	push $SEGMENT_DATA
	push %rdx
	pushf
	orl $RFLAGS_IF, (%rsp)
	push $SEGMENT_CODE
	push %rcx
	push $0
	push $0
	PUSH_REGS
	mov %rsp, %rdi
	and $-16, %rsp
	call direct_leave
	ud2

/*
 * void thread_resume(void): where a thread goes on whose registers are a struct
 * regs; thread_switch (turn.h) comes here with rsp at it. What is left to do for the
 * thread is done on the core's own stack, for the thread's may be of any kind.
 *
 * void thread_leave_by(struct regs *regs): go there, and never come back.
 */
	.globl thread_resume, thread_leave_by
	.type thread_leave_by, @function
	.type thread_resume, @function
thread_leave_by:
	mov %rdi, %rsp
thread_resume:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	CFI_REGS
	.cfi_rel_offset rsp, REGS_RSP
	mov %rsp, %rbx
	.cfi_def_cfa_register rbx
	mov %gs:CORE_SWITCH_END, %rsp
	mov %rbx, %rdi
	call thread_resumed
	mov %rbx, %rsp
	.cfi_def_cfa_register rsp
	POP_REGS_AND_RETURN
	.cfi_endproc
	.size thread_leave_by, . - thread_leave_by
	.size thread_resume, . - thread_resume

/*
 * void core_enter(void): where a vCPU that the boot core starts begins, in
 * 64-bit mode with the final tables; rdi = its struct core, rsp its idle stack.
 */
	.globl core_enter
	.type core_enter, @function
core_enter:
	xor %ebp, %ebp
	call core_start
	ud2
	.size core_enter, . - core_enter

/*
 * void core_halt(void): sleep until an interrupt has been taken; returns with
 * interrupts off. `sti` opens the door only behind the next instruction, so none
 * can slip in before the halt. Where one does all the same (an emulator may let
 * it), event_upcall steps over core_halt_point, lest the core sleep with work
 * to do.
 */
	.globl core_halt, core_halt_point
	.type core_halt, @function
core_halt:
	sti
core_halt_point:
	hlt
	cli
	ret
	.size core_halt, . - core_halt

/*
 * void stack_call(uint64_t stack_end, void (*fn)(void)): go on in fn on
 * another stack; never returns.
 */
	.globl stack_call
	.type stack_call, @function
stack_call:
	mov %rdi, %rsp
	xor %ebp, %ebp
	call *%rsi
	ud2
	.size stack_call, . - stack_call

/*
 * Common tail of the exception stubs. The unwind rules say where the
 * interrupted registers are, so that a backtrace walks from the kernel's C
 * straight into the code that faulted; the frame is a signal frame because its
 * rip is the fault itself and not behind a call.
 */
	.type exception_entry, @function
exception_entry:
	.cfi_startproc simple
	.cfi_signal_frame
	PUSH_REGS
	.cfi_def_cfa rsp, 0
	CFI_REGS
	.cfi_rel_offset rsp, REGS_RSP
	cld
	mov %rsp, %rdi
	call exception_dispatch
	POP_REGS_AND_RETURN
	.cfi_endproc
	.size exception_entry, . - exception_entry

/*
 * One stub a vector, 16 bytes each so that the IDT can be made by arithmetic.
 * Vectors 8, 10 to 14, 17, 21, 29 and 30 come with an error code.
 */
#define HAS_ERROR_CODE 0x60227d00

	.p2align 4
	.globl exception_stubs
	.type exception_stubs, @function
exception_stubs:
	.set .Lvector, 0
	.rept 32
	.p2align 4
	.if !((HAS_ERROR_CODE >> .Lvector) & 1)
	push $0
	.endif
	push $.Lvector
	jmp exception_entry
	.set .Lvector, .Lvector + 1
	.endr
	.size exception_stubs, . - exception_stubs

/*
 * void upcall_entry(void): Xen's event upcall.
 *
 * An emulator may deliver one twice, the second time with interrupts off: before the
 * first instruction here, or anywhere else in the kernel. Such a one has to leave no
 * trace.
 *
 * So the frame that the processor pushes lies where it takes the upcall's stack from
 * (struct core): in that pointer is ss then, a small number, and an upcall on top of
 * this one faults, in a page where nothing ever is, instead of writing over the frame.
 * The fault's handler only returns. Here the frame is moved away, then the pointer is
 * set right. It goes to CORE_SWITCH, which is free while interrupts are on; that of an
 * upcall of code with interrupts off to core->stray, and there it ends: its event, if
 * any, stays pending until interrupts are on.
 */
	.globl upcall_entry
	.type upcall_entry, @function
upcall_entry:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	.cfi_rel_offset rip, 0
	.cfi_rel_offset rsp, 3 * 8
	push %rax
	push %rcx
	mov %gs:CORE_SWITCH_END, %rax
	mov %gs:CORE_SELF, %rcx
	lea CORE_STRAY_END(%rcx), %rcx
	testl $RFLAGS_IF, (4 * 8)(%rsp)
	cmovz %rcx, %rax
	mov (6 * 8)(%rsp), %rcx
	mov %rcx, (REGS_RSP + 8 - REGS_SIZE)(%rax)
	mov (5 * 8)(%rsp), %rcx
	mov %rcx, (REGS_RSP - REGS_SIZE)(%rax)
	mov (4 * 8)(%rsp), %rcx
	mov %rcx, (REGS_RIP + 16 - REGS_SIZE)(%rax)
	mov (3 * 8)(%rsp), %rcx
	mov %rcx, (REGS_RIP + 8 - REGS_SIZE)(%rax)
	mov (2 * 8)(%rsp), %rcx
	mov %rcx, (REGS_RIP - REGS_SIZE)(%rax)
	mov (1 * 8)(%rsp), %rcx
	mov %rcx, (REGS_RAX - REGS_SIZE)(%rax)
	mov (%rsp), %rcx
	mov %rcx, (REGS_RAX - 8 - REGS_SIZE)(%rax)
	mov %gs:CORE_SELF, %rcx
	lea CORE_UPCALL_STACK_END(%rcx), %rcx
	lea (REGS_RAX - 8 - REGS_SIZE)(%rax), %rsp
	mov %rcx, %gs:CORE_UPCALL_STACK
	jz 1f
	movq $0, (REGS_VECTOR + 8 - REGS_SIZE)(%rax)
	movq $VECTOR_UPCALL, (REGS_VECTOR - REGS_SIZE)(%rax)
	PUSH_REGS_FROM_RDX
	CFI_REGS
	.cfi_rel_offset rsp, REGS_RSP
	cld
	mov %rsp, %rdi
	call event_upcall
	POP_REGS_AND_RETURN
1:	pop %rcx
	pop %rax
	add $16, %rsp
	iretq
	.cfi_endproc
	.size upcall_entry, . - upcall_entry

	.section .note.GNU-stack, "", @progbits
