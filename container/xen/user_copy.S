/* SPDX-License-Identifier: MIT */
/*
 * Accesses that may fail: see user.h. An instruction between two labels NAME
 * and NAME_failed may fault; user_fixup then goes on at NAME_failed, where the
 * registers are as the instruction left them. String instructions count down
 * rcx as they go.
 */
#include <asm/errno.h>

	/* The instruction that follows may fault; then go on at \failed. */
	.macro MAY_FAIL failed
	.pushsection .rodata.user_fixups, "a"
	.quad 1f, \failed
	.popsection
1:
	.endm

	.section .rodata.user_fixups, "a"
	.balign 8
	.globl user_fixups
user_fixups:

	.text
/* size_t user_copy(void *to, const void *from, size_t size) */
	.globl user_copy
	.type user_copy, @function
user_copy:
	.cfi_startproc
	mov %rdx, %rcx
	shr $3, %rcx
	and $7, %edx
	MAY_FAIL .Lwords_failed
	rep movsq
	mov %edx, %ecx
	MAY_FAIL .Lbytes_failed
	rep movsb
.Lbytes_failed:
	mov %rcx, %rax
	ret
	.cfi_endproc
	.size user_copy, . - user_copy

/* size_t user_clear(void *to, size_t size) */
	.globl user_clear
	.type user_clear, @function
user_clear:
	.cfi_startproc
	mov %rsi, %rcx
	mov %esi, %edx
	shr $3, %rcx
	and $7, %edx
	xor %eax, %eax
	MAY_FAIL .Lwords_failed
	rep stosq
	mov %edx, %ecx
	MAY_FAIL .Lbytes_failed
	rep stosb
	mov %rcx, %rax
	ret
	.cfi_endproc
	.size user_clear, . - user_clear

/* rcx words and edx bytes were left. */
.Lwords_failed:
	lea (%rdx, %rcx, 8), %rax
	ret

/* int user_load32(uint32_t *value, const uint32_t *from) */
	.globl user_load32
	.type user_load32, @function
user_load32:
	.cfi_startproc
	MAY_FAIL .Lfault
	mov (%rsi), %eax
	mov %eax, (%rdi)
	xor %eax, %eax
	ret
	.cfi_endproc
	.size user_load32, . - user_load32

/* int user_store32(uint32_t *to, uint32_t value) */
	.globl user_store32
	.type user_store32, @function
user_store32:
	.cfi_startproc
	MAY_FAIL .Lfault
	mov %esi, (%rdi)
	xor %eax, %eax
	ret
	.cfi_endproc
	.size user_store32, . - user_store32

/* long user_string(char *to, const char *from, size_t size) */
	.globl user_string
	.type user_string, @function
user_string:
	.cfi_startproc
	xor %eax, %eax
2:	cmp %rdx, %rax
	je 3f
	MAY_FAIL .Lfault
	mov (%rsi, %rax), %cl
	mov %cl, (%rdi, %rax)
	test %cl, %cl
	jz 3f
	inc %rax
	jmp 2b
3:	ret
	.cfi_endproc
	.size user_string, . - user_string

.Lfault:
	mov $-EFAULT, %rax
	ret

	.section .rodata.user_fixups, "a"
	.quad 0, 0

	.section .note.GNU-stack, "", @progbits
