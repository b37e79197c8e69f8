/* SPDX-License-Identifier: MIT */
/*
 * Where a Linux process begins: it gets LAYOUT_SPARSE mapped, as much as the
 * image has data there, and goes on where the C library begins. The guest's
 * kernel, which backs that region itself, goes there directly.
 *
 * No constructor could do this: the C library allocates memory before it runs
 * the first one.
 */
#include "layout/layout.h"

#include <asm/unistd.h>
#include <linux/mman.h>

#define STDERR 2
#define EX_OSERR 71 /* sysexits.h */

	.text
	.globl image_start
	.type image_start, @function
image_start:
	mov %rdx, %r12 /* the C library's, as the System V AMD64 ABI has it at entry */
	mov $__NR_mmap, %eax
	mov $LAYOUT_SPARSE_BASE, %edi
	mov $image_sparse_end, %esi
	sub %edi, %esi
	mov $(PROT_READ | PROT_WRITE), %edx
	mov $(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE), %r10d
	mov $-1, %r8
	xor %r9d, %r9d
	syscall
	cmp $LAYOUT_SPARSE_BASE, %rax
	jne 1f
	mov %r12, %rdx
	jmp _start

1:	mov $__NR_write, %eax
	mov $STDERR, %edi
	mov $message, %esi
	mov $message_size, %edx
	syscall
	mov $__NR_exit_group, %eax
	mov $EX_OSERR, %edi
	syscall
	ud2
	.size image_start, . - image_start

	.section .rodata
message:
	.ascii "region SPARSE: the system refused its memory; expected it free and address space unlimited\n"
	.set message_size, . - message

	.section .note.GNU-stack, "", @progbits
