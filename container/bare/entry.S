/* SPDX-License-Identifier: MIT */
/*
 * Where a PC enters the kernel on its own account: interrupts, and the first
 * instructions of every core but the boot core.
 */
#include "container/xen/asm.h"
#include "layout/layout.h"

#define SEGMENT_CODE32 0x18
#define DESCRIPTOR_CODE32_HIGH 0x00cf9b00

/* Where a part of the trampoline is once it has been copied. */
#define AT(label) (LAYOUT_PC_TRAMPOLINE + (label) - trampoline_start)

	.text

/*
 * void apic_entry(void): target of the upcall's gate. Does what Xen does before
 * it delivers an upcall, then leaves everything as it was to the upcall's own entry.
 * The upcall's frame has no stack below it: this runs on CORE_SWITCH, as that does.
 */
	.globl apic_entry
	.type apic_entry, @function
apic_entry:
	push %rax
	mov %gs:CORE_SWITCH_END, %rax
	xchg %rsp, %rax
	push %rax
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	cld
	sub $8, %rsp
	call interrupt_taken
	add $8, %rsp
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rsp
	pop %rax
	jmp upcall_entry
	.size apic_entry, . - apic_entry

/*
 * void flush_entry(void): target of the NMI's gate. Drops every translation, and
 * counts that it has; both in any state that the core may be in.
 */
	.globl flush_entry
	.type flush_entry, @function
flush_entry:
	push %rax
	mov %cr3, %rax
	mov %rax, %cr3
	lock incl flush_count(%rip)
	pop %rax
	iretq
	.size flush_entry, . - flush_entry

/*
 * The trampoline: copied to LAYOUT_PC_TRAMPOLINE, where a started core begins in
 * real mode with cs at the page. trampoline_state is a struct trampoline of start.c.
 */
	.section .rodata, "a", @progbits
	.p2align 3
	.globl trampoline_start, trampoline_state, trampoline_end
trampoline_start:
	.code16
	cli
	mov %cs, %ax
	mov %ax, %ds
	lgdtl (trampoline_gdtr - trampoline_start)
	mov $(CR0_PE | CR0_ET), %eax
	mov %eax, %cr0
	ljmpl $SEGMENT_CODE32, $AT(1f)

	.code32
1:
	mov $SEGMENT_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov AT(trampoline_state) + 0, %eax
	mov %eax, %cr4
	mov AT(trampoline_state) + 8, %eax
	mov %eax, %cr3
	mov AT(trampoline_state) + 16, %eax
	xor %edx, %edx
	mov $MSR_EFER, %ecx
	wrmsr
	mov AT(trampoline_state) + 24, %eax
	mov %eax, %cr0
	ljmp $SEGMENT_CODE, $AT(2f)

	.code64
2:
	mov AT(trampoline_state) + 32, %rsp
	mov AT(trampoline_state) + 40, %rbx
	mov AT(trampoline_state) + 48, %r12
	xor %ebp, %ebp
	mov $apic_core_init, %rax
	call *%rax
	mov %rbx, %rdi
	jmp *%r12

	.p2align 3
trampoline_gdt:
	.quad 0
	.long DESCRIPTOR_LOW, DESCRIPTOR_CODE_HIGH
	.long DESCRIPTOR_LOW, DESCRIPTOR_DATA_HIGH
	.long DESCRIPTOR_LOW, DESCRIPTOR_CODE32_HIGH
trampoline_gdtr:
	.word trampoline_gdtr - trampoline_gdt - 1
	.long AT(trampoline_gdt)
	.p2align 3
trampoline_state:
	.fill 7, 8, 0
trampoline_end:

	.section .note.GNU-stack, "", @progbits
