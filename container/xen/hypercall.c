/* SPDX-License-Identifier: MIT */
/*
 * Find Xen and the instruction that reaches it.
 */
#include "container/xen/cpu.h"
#include "container/xen/hypercall.h"

#include <xen/arch-x86/cpuid.h>

extern uint8_t hypercall_is_vmcall;

static bool xen_found(void)
{
	/* Xen moves up in steps of 0x100 where another interface comes first. */
	for (uint32_t leaf = XEN_CPUID_FIRST_LEAF; leaf < XEN_CPUID_FIRST_LEAF + 0x10000;
	     leaf += 0x100) {
		struct cpu_id id = cpu_id(leaf, 0);

		if (id.ebx == XEN_CPUID_SIGNATURE_EBX && id.ecx == XEN_CPUID_SIGNATURE_ECX &&
		    id.edx == XEN_CPUID_SIGNATURE_EDX)
			return true;
	}
	return false;
}

bool hypercall_init(void)
{
	/* "GenuineIntel" and "CentaurHauls" have VMX, "AuthenticAMD" and "HygonGenuine" SVM. */
	uint32_t vendor = cpu_id(0, 0).ebx;

	hypercall_is_vmcall = vendor == 0x756e6547 || vendor == 0x746e6543;
	return xen_found();
}
