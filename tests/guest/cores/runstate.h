/* SPDX-License-Identifier: MIT */
/* How a vCPU spends its time, by Xen: VCPUOP_get_runstate_info of xen/vcpu.h. Components run in
 * ring 0 and may ask. */
#ifndef CORES_RUNSTATE_H
#define CORES_RUNSTATE_H

#include "processor.h"

#define RUNSTATE_VENDOR_INTEL 0x756e6547 /* "Genu" */
#define HYPERCALL_VCPU_OP 24             /* xen/xen.h */
#define VCPUOP_GET_RUNSTATE 4

struct runstate { /* struct vcpu_runstate_info */
	int state;
	uint64_t since;
	uint64_t time[4]; /* of each state; ns */
};

/* States; the others are 1, runnable, and 3, offline. */
#define RUNSTATE_RUNNING 0
#define RUNSTATE_BLOCKED 2

/* 0, or a negative error: there is no such vCPU. */
static inline long runstate_get(long vcpu, struct runstate *state)
{
	long result = HYPERCALL_VCPU_OP, operation = VCPUOP_GET_RUNSTATE;
	uint32_t ebx, edx;

	processor_id(0, &ebx, &edx);
	if (ebx == RUNSTATE_VENDOR_INTEL)
		__asm__ volatile("vmcall"
				 : "+a"(result), "+D"(operation), "+S"(vcpu), "+d"(state)
				 :
				 : "memory");
	else
		__asm__ volatile("vmmcall"
				 : "+a"(result), "+D"(operation), "+S"(vcpu), "+d"(state)
				 :
				 : "memory");
	return result;
}

#endif
