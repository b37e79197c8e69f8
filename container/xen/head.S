/* SPDX-License-Identifier: MIT */
/*
 * Where Xen enters the image, and how it gets from there to C.
 *
 * Xen promises (docs/misc/pvh.pandoc): 32-bit protected mode with flat
 * segments, paging off, interrupts off, %ebx = physical address of struct
 * hvm_start_info. Nothing else: no stack, no GDT.
 */
#include "container/xen/asm.h"
#include "layout/layout.h"

#define ELFNOTE_PHYS32_ENTRY 18 /* XEN_ELFNOTE_PHYS32_ENTRY, xen/elfnote.h */

	.section .note.Xen, "a", @note
	.p2align 2
	.long 4
	.long 4
	.long ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long pvh_start

/*
 * The boot tables map the first GiB to itself, writable and executable, and
 * PML4 slot `tables` to the PML4 itself. boot.c turns them into the final ones.
 */
#define PML4_SLOT(addr) (((addr) >> 39) & 511)

	.section .boot.tables, "aw", @progbits
	.p2align LAYOUT_PAGE_ORDER
	.globl boot_pml4, boot_pd
boot_pml4:
	.quad boot_pdpt + PTE_PRESENT + PTE_WRITE
	.fill PML4_SLOT(LAYOUT_TABLES_BASE) - 1, 8, 0
	.quad boot_pml4 + PTE_PRESENT + PTE_WRITE
	.fill PAGE_TABLE_ENTRIES - PML4_SLOT(LAYOUT_TABLES_BASE) - 1, 8, 0
boot_pdpt:
	.quad boot_pd + PTE_PRESENT + PTE_WRITE
	.fill PAGE_TABLE_ENTRIES - 1, 8, 0
boot_pd:
	.set .Lindex, 0
	.rept PAGE_TABLE_ENTRIES
	.quad (.Lindex << LAYOUT_SUPER_ORDER) + PTE_PRESENT + PTE_WRITE + PTE_SUPER
	.set .Lindex, .Lindex + 1
	.endr

	.section .boot.data, "aw", @progbits
	.p2align 3
boot_gdt:
	.quad 0
	.long DESCRIPTOR_LOW, DESCRIPTOR_CODE_HIGH /* SEGMENT_CODE */
	.long DESCRIPTOR_LOW, DESCRIPTOR_DATA_HIGH /* SEGMENT_DATA */
boot_gdt_end:
boot_gdtr:
	.word boot_gdt_end - boot_gdt - 1
	.long boot_gdt

	.section .boot.bss, "aw", @nobits
	.p2align 4
	.fill 4096, 4, 0
boot_stack_end:

	.text
	.code32
	.globl pvh_start
	.type pvh_start, @function
pvh_start:
	/* 1. Long mode: PAE, tables, EFER, paging. */
	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov $boot_pml4, %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	mov $(EFER_SCE | EFER_LME | EFER_NXE), %eax
	xor %edx, %edx
	wrmsr
	mov $(CR0_ON & ~CR0_WP), %eax /* page_guard sets it */
	mov %eax, %cr0

	/* 2. A 64-bit code segment, and flat data segments. */
	lgdt boot_gdtr
	ljmp $SEGMENT_CODE, $1f
	.code64
1:
	mov $SEGMENT_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss

	/* 3. A stack, and C: boot_start(start_info), which does not return. */
	lea boot_stack_end(%rip), %rsp
	mov %ebx, %edi
	xor %ebp, %ebp
	call boot_start
	ud2
	.size pvh_start, . - pvh_start

	.section .note.GNU-stack, "", @progbits
