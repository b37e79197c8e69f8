/* SPDX-License-Identifier: MIT */
/*
 * struct task *task_switch(struct task *from, struct task *to): leave this stack, go
 * on with another; what comes back is the task that was left for this one.
 *
 * The System V ABI has a callee keep six registers and two control words; all lie
 * on the stack that is left, in the frame that task_frame in task.c makes up for a
 * new one. It goes on by a jump: a `ret` would be predicted to lead back to this task.
 * The control words are loaded whether or not they differ: to compare what stmxcsr has
 * just stored takes longer (on Zen 5, 6 ns for the whole switch and not 4.5).
 *
 * task_begin is where a new task goes on: nothing called it.
 */
	.text
	.globl task_switch, task_begin
	.type task_switch, @function
	.type task_begin, @function
	.p2align 6
task_switch:
	.cfi_startproc
	movq (%rsi), %rdx /* struct task begins with sp */
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
	ldmxcsr (%rdx)
	fldcw 4(%rdx)
	movq %rdi, %rax
	movq 8(%rdx), %r15
	movq 16(%rdx), %r14
	movq 24(%rdx), %r13
	movq 32(%rdx), %r12
	movq 40(%rdx), %rbx
	movq 48(%rdx), %rbp
	movq 56(%rdx), %rcx
	leaq 64(%rdx), %rsp
	.cfi_adjust_cfa_offset -64
	.cfi_register rip, rcx
	jmp *%rcx
	.cfi_endproc
	.size task_switch, . - task_switch
task_begin:
	.cfi_startproc
	.cfi_undefined rip
	movq %r12, %rdi
	movq %rax, %rsi
	call task_main
	ud2
	.cfi_endproc
	.size task_begin, . - task_begin
	.section .note.GNU-stack, "", @progbits
