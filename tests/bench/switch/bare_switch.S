/* SPDX-License-Identifier: MIT */
/*
 * void bare_registers(void **kept, void *to), void bare_words(void **kept, void *to):
 * the least that a switch between two stacks can be, without and with the control
 * words that the ABI has a callee keep. As in Boost.Context they go on by a jump, not
 * by a `ret`, which would be predicted wrongly each time.
 */
	.macro SAVE
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro LOAD_AND_GO
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	popq %rcx
	jmp *%rcx
	.endm

	.text
	.globl bare_registers, bare_words
	.p2align 6
bare_registers:
	SAVE
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	LOAD_AND_GO

	.p2align 6
bare_words:
	SAVE
	subq $8, %rsp
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	ldmxcsr (%rsp)
	fldcw 4(%rsp)
	addq $8, %rsp
	LOAD_AND_GO

	.section .note.GNU-stack, "", @progbits
