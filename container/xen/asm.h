/* SPDX-License-Identifier: MIT */
/*
 * The few constants and offsets that assembler and C share.
 *
 * An offset is written once, here; OFFSET_CHECK in the C file that defines the
 * structure proves it.
 */
#ifndef XEN_ASM_H
#define XEN_ASM_H

#define SEGMENT_CODE 0x08
#define SEGMENT_DATA 0x10
#define SEGMENT_TSS 0x18 /* 16 bytes: two slots */

/* Descriptors of flat segments, AMD64 Architecture Programmer's Manual 2, 4.7: two halves. */
#define DESCRIPTOR_LOW 0x0000ffff       /* base 0, the largest limit */
#define DESCRIPTOR_CODE_HIGH 0x00af9b00 /* 64-bit code */
#define DESCRIPTOR_DATA_HIGH 0x00cf9300 /* writable data */

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000
#define CR0_ON (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG)

#define CR4_PAE 0x00000020
#define CR4_PGE 0x00000080
#define CR4_OSFXSR 0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define CR4_FSGSBASE 0x00010000
#define CR4_OSXSAVE 0x00040000

#define MSR_EFER 0xc0000080
#define EFER_SCE 0x001
#define EFER_LME 0x100
#define EFER_LMA 0x400
#define EFER_NXE 0x800

#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#define RFLAGS_TF 0x00000100
#define RFLAGS_IF 0x00000200
#define RFLAGS_DF 0x00000400
#define RFLAGS_AC 0x00040000

/* Page table entry bits, AMD64 Architecture Programmer's Manual 2, 5.4. */
#define PTE_PRESENT 0x001
#define PTE_WRITE 0x002
#define PTE_ACCESSED 0x020
#define PTE_DIRTY 0x040
#define PTE_SUPER 0x080

#define PAGE_TABLE_ENTRIES 512

/*
 * struct regs: what the entry stubs save, lowest address first. The last five
 * words are those that the processor pushes on an interrupt.
 */
#define REGS_RAX (14 * 8)
#define REGS_VECTOR (15 * 8)
#define REGS_RIP (17 * 8)
#define REGS_RSP (20 * 8)
#define REGS_SIZE (22 * 8)

/* struct core: where its fields are; the upcall's stack ends behind the pointer to that end. */
#define CORE_SELF 0
#define CORE_SWITCH_END 8
#define CORE_CURRENT 16
#define CORE_UPCALL_STACK 200
#define CORE_UPCALL_STACK_END 208
#define CORE_STRAY_END 320
#define THREAD_WORK 0

/* The System V red zone: code above the system call line may own this below rsp. */
#define RED_ZONE 128

#define SYSCALL_SIZE 2 /* bytes of the instruction */

/*
 * Bytes below its caller's stack pointer that a system call may use. Less than
 * a page, so that touching the lowest finds a stack's guard.
 */
#define SYSCALL_STACK_NEED 2560

/* Interrupt vector of Xen's event upcall. */
#define VECTOR_UPCALL 0x30
#define VECTOR_COUNT 0x31

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct regs {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

#define OFFSET_CHECK(name, type, member)                                                           \
	_Static_assert((name) == offsetof(type, member), #name " matches " #type)
#endif

#endif
