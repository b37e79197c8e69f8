/* SPDX-License-Identifier: MIT */
/*
 * One instruction a function: what C cannot say of an x86-64 processor.
 */
#ifndef XEN_CPU_H
#define XEN_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_id {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf)
{
	struct cpu_id id;

	__asm__ volatile("cpuid"
			 : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
			 : "a"(leaf), "c"(subleaf));
	return id;
}

static inline void cpu_msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

static inline uint64_t cpu_tsc(void)
{
	uint64_t low, high; /* the upper halves are 0 */

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << 32 | low;
}

/* The counter, not before every earlier load is done. */
static inline uint64_t cpu_tsc_ordered(void)
{
	__asm__ volatile("lfence" ::: "memory");
	return cpu_tsc();
}

static inline void cpu_cr0_set(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint64_t cpu_cr2(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint64_t cpu_cr3(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

/* Drops every translation of this core, too. */
static inline void cpu_cr3_set(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void cpu_cr4_set(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void cpu_xcr0_set(uint64_t value)
{
	__asm__ volatile("xsetbv"
			 :
			 : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

/* Drop this core's translation of the page that holds addr. */
static inline void cpu_page_flush(uint64_t addr)
{
	__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

static inline uint64_t cpu_fs_base(void)
{
	uint64_t value;

	__asm__ volatile("rdfsbase %0" : "=r"(value));
	return value;
}

static inline void cpu_fs_base_set(uint64_t value)
{
	__asm__ volatile("wrfsbase %0" : : "r"(value) : "memory");
}

static inline void cpu_interrupts_off(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void cpu_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void cpu_vector_save(void *area)
{
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

static inline void cpu_vector_load(const void *area)
{
	__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

static inline void cpu_vector_control(uint32_t *mxcsr, uint16_t *control)
{
	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(*mxcsr), "=m"(*control));
}

static inline void cpu_mxcsr_set(const uint32_t *mxcsr)
{
	__asm__ volatile("ldmxcsr %0" : : "m"(*mxcsr));
}

/* Without the errors raised so far: where they are no longer masked, fldcw itself faults. */
static inline void cpu_x87_control_set(uint16_t control)
{
	__asm__ volatile("fnclex\n\tfldcw %0" : : "m"(control));
}

/* Floating-point errors that are raised and not masked; bits as in MXCSR. */
static inline uint32_t cpu_simd_errors(void)
{
	uint32_t mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return mxcsr & ~(mxcsr >> 7) & 0x3f;
}

static inline uint32_t cpu_x87_errors(void)
{
	uint16_t status, control;

	__asm__ volatile("fnstsw %0\n\tfnstcw %1" : "=m"(status), "=m"(control));
	return status & ~(uint32_t)control & 0x3f;
}

/* 64 random bits; false where the processor had none to give. */
static inline bool cpu_random(uint64_t *value)
{
	bool ok;

	__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

static inline void cpu_byte_out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

#endif
