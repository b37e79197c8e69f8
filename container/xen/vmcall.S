/* SPDX-License-Identifier: MIT */
/*
 * long hypercall__(long a1, long a2, long a3, unsigned long number)
 *
 * The raw hypercall: number in rax, arguments in rdi, rsi, rdx; at most three
 * are needed here. There is no hypercall page: its naked returns defeat Xen's
 * own defences (XSA-466). Which instruction it is depends on the vendor;
 * hypercall_init sets the flag before the first call. Clobbers what a C call
 * may and no more; Xen keeps the rest.
 */
	.bss
	.globl hypercall_is_vmcall
hypercall_is_vmcall:
	.byte 0

	.text
	.globl hypercall__
	.type hypercall__, @function
hypercall__:
	mov %rcx, %rax
	cmpb $0, hypercall_is_vmcall(%rip)
	jne 1f
	vmmcall
	ret
1:
	vmcall
	ret
	.size hypercall__, . - hypercall__

	.section .note.GNU-stack, "", @progbits
