/* SPDX-License-Identifier: MIT */
/*
 * Which processor is this? Components run in ring 0 and may ask.
 */
#ifndef CORES_PROCESSOR_H
#define CORES_PROCESSOR_H

#include <stdint.h>

static inline void processor_id(uint32_t leaf, uint32_t *ebx, uint32_t *edx)
{
	uint32_t eax = leaf, ecx = 0;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(*ebx), "+c"(ecx), "=d"(*edx));
}

/* The local APIC's number: Xen gives vCPU n 2n. */
static inline uint32_t processor_apic(void)
{
	uint32_t ebx, edx;

	processor_id(1, &ebx, &edx);
	return ebx >> 24;
}

#endif
