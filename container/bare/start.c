/* SPDX-License-Identifier: MIT */
/*
 * Start the other cores: through a trampoline in a page below 1 MiB, whose bytes
 * are borrowed from whoever it belongs to.
 */
#include "container/bare/pc.h"
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/page.h"
#include "container/xen/string.h"

#include <asm/errno.h>
#include <xen/hvm/hvm_vcpu.h>

#define TRAMPOLINE_MAX 512

/* trampoline_state in entry.S. */
struct trampoline {
	uint64_t cr4, cr3, efer, cr0, rsp, rdi, rip;
};

extern const uint8_t trampoline_start[], trampoline_state[], trampoline_end[];

static struct trampoline states[LAYOUT_CORES_MAX]; /* by core */
static uint8_t borrowed[TRAMPOLINE_MAX];

int start_prepare(unsigned id, const struct vcpu_hvm_context *context)
{
	const struct vcpu_hvm_x86_64 *regs = &context->cpu_regs.x86_64;

	if (context->mode != VCPU_HVM_MODE_64B || id >= LAYOUT_CORES_MAX || regs->cr3 > UINT32_MAX)
		return -EINVAL;
	states[id] = (struct trampoline){
		.cr4 = regs->cr4,
		.cr3 = regs->cr3,
		.efer = regs->efer & ~(uint64_t)EFER_LMA, /* the processor's own to set */
		.cr0 = regs->cr0,
		.rsp = regs->rsp,
		.rdi = regs->rdi,
		.rip = regs->rip,
	};
	return 0;
}

int start_core(unsigned id)
{
	uint8_t *page = (uint8_t *)LAYOUT_PC_TRAMPOLINE;
	size_t size = (uintptr_t)trampoline_end - (uintptr_t)trampoline_start;
	size_t state = (uintptr_t)trampoline_state - (uintptr_t)trampoline_start;
	int ret;

	if (size > sizeof(borrowed))
		return -E2BIG;
	ret = page_map(LAYOUT_PC_TRAMPOLINE, LAYOUT_PC_TRAMPOLINE, LAYOUT_PAGE_SIZE,
		       LAYOUT_READ | LAYOUT_WRITE | LAYOUT_EXEC);
	if (ret < 0)
		return ret;
	memcpy(borrowed, page, size);
	memcpy(page, trampoline_start, size);
	memcpy(page + state, &states[id], sizeof(states[id]));
	apic_start(id, LAYOUT_PC_TRAMPOLINE);
	core_get(id); /* waits until it runs the kernel */
	memcpy(page, borrowed, size);
	page_unmap(LAYOUT_PC_TRAMPOLINE, LAYOUT_PAGE_SIZE);
	return 0;
}
