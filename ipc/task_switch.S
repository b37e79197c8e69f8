/* SPDX-License-Identifier: MIT */
/*
 * void task_switch(void **kept, void *to): leave this stack, go on with another.
 * The System V ABI has a callee keep six registers and two control words; all
 * lie on the stack that is left, in the frame that task_frame in task.c makes up
 * for a new one. task_begin is where that one returns to: nothing called it.
 */
	.text
	.globl task_switch, task_begin
	.type task_switch, @function
	.type task_begin, @function
task_switch:
	.cfi_startproc
	subq $56, %rsp
	.cfi_adjust_cfa_offset 56
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	movq %r15, 8(%rsp)
	movq %r14, 16(%rsp)
	movq %r13, 24(%rsp)
	movq %r12, 32(%rsp)
	movq %rbx, 40(%rsp)
	movq %rbp, 48(%rsp)
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	ldmxcsr (%rsp)
	fldcw 4(%rsp)
	movq 8(%rsp), %r15
	movq 16(%rsp), %r14
	movq 24(%rsp), %r13
	movq 32(%rsp), %r12
	movq 40(%rsp), %rbx
	movq 48(%rsp), %rbp
	addq $56, %rsp
	.cfi_adjust_cfa_offset -56
	ret
	.cfi_endproc
task_begin:
	.cfi_startproc
	.cfi_undefined rip
	movq %r12, %rdi
	call task_main
	ud2
	.cfi_endproc
	.section .note.GNU-stack, "", @progbits
