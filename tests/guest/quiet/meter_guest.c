/* SPDX-License-Identifier: MIT */
/*
 * What Xen knows of the second vCPU: VCPUOP_get_runstate_info, xen/vcpu.h. A component
 * runs in ring 0 and may ask.
 */
#include "meter.h"

#define GENUINE_INTEL 0x756e6547 /* "Genu" */
#define HYPERCALL_VCPU_OP 24     /* xen/xen.h */
#define VCPUOP_GET_RUNSTATE 4
#define VCPU 1

struct runstate { /* struct vcpu_runstate_info */
	int state;
	uint64_t since;
	uint64_t time[4]; /* running, runnable, blocked, offline; ns */
};

#define RUNNING 0

static bool is_intel(void)
{
	uint32_t eax = 0, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ebx == GENUINE_INTEL;
}

bool meter_guest(struct meter *m)
{
	long result = HYPERCALL_VCPU_OP, operation = VCPUOP_GET_RUNSTATE, vcpu = VCPU;
	struct runstate state = {0}, *to = &state;

	if (is_intel())
		__asm__ volatile("vmcall"
				 : "+a"(result), "+D"(operation), "+S"(vcpu), "+d"(to)
				 :
				 : "memory");
	else
		__asm__ volatile("vmmcall"
				 : "+a"(result), "+D"(operation), "+S"(vcpu), "+d"(to)
				 :
				 : "memory");
	*m = (struct meter){.wakes = state.since, .ns = state.time[RUNNING]};
	return result == 0;
}
