/* SPDX-License-Identifier: MIT */
/*
 * Vector state: see vector.h; XSAVE areas are described in the AMD64 Architecture
 * Programmer's Manual 2, 11.5.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/panic.h"
#include "container/xen/string.h"
#include "container/xen/vector.h"

#include <asm/sigcontext.h>

#define AREA_SIZE 1024 /* x87, SSE and AVX need 832 */
#define XCR0_X87_SSE 3
#define XCR0_X87_SSE_AVX 7
#define CPUID_XSAVE_LEAF 0xd
#define CPUID_FEATURES_AVX (1u << 28)
#define MXCSR_DEFAULT 0x1f80
#define MXCSR_BITS 0xffff /* that every processor with XSAVE has */

/* The same on every core. */
static uint32_t state_size;
static uint64_t features;

static uint8_t areas[LAYOUT_THREADS_MAX][AREA_SIZE] __attribute__((aligned(64)));

/* No component of it is in use, so XRSTOR makes them all initial; MXCSR it always takes. */
static const struct _xstate initial __attribute__((aligned(64))) = {.fpstate.mxcsr = MXCSR_DEFAULT};

/*
 * Vector state up to AVX: what the C library's fastest functions need, and a
 * save area of fixed, modest size.
 */
void vector_enable(void)
{
	cpu_cr4_set(CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE);
	features = cpu_id(1, 0).ecx & CPUID_FEATURES_AVX ? XCR0_X87_SSE_AVX : XCR0_X87_SSE;
	cpu_xcr0_set(features);
	state_size = cpu_id(CPUID_XSAVE_LEAF, 0).ebx;
	cpu_vector_load(&initial);
}

void vector_init(void)
{
	if (state_size > AREA_SIZE)
		panic("vector state is %u bytes; at most %u are kept", state_size, AREA_SIZE);
}

static void *area_of(const struct thread *thread)
{
	return areas[thread->id - 1];
}

void vector_inherit(struct thread *thread)
{
	cpu_vector_save(area_of(thread));
}

/* What the registers hold does not matter, but the x87 stack has to be empty. */
static void dead_load(const struct thread *owner, const struct thread *next)
{
	if (!owner || !owner->vector.is_dead)
		cpu_vector_load(&initial);
	cpu_mxcsr_set(&next->vector.mxcsr);
	cpu_x87_control_set(next->vector.control);
}

void vector_exchange(struct core *core, struct thread *next)
{
	struct thread *owner = core->vector_owner;

	if (owner && !owner->vector.is_dead)
		cpu_vector_save(area_of(owner));
	if (!next->vector.is_dead)
		cpu_vector_load(area_of(next));
	else
		dead_load(owner, next);
	core->vector_owner = next;
}

void vector_leave(struct core *core, struct thread *thread)
{
	if (core->vector_owner != thread)
		return;
	cpu_vector_save(area_of(thread));
	core->vector_owner = NULL;
}

uint64_t vector_frame_size(void)
{
	return state_size + FP_XSTATE_MAGIC2_SIZE;
}

void vector_frame_save(void *area)
{
	struct _xstate *state = area;
	const uint32_t magic2 = FP_XSTATE_MAGIC2;

	/* XSAVE writes only the first word of the header, and XRSTOR wants the others zero. */
	memset(&state->xstate_hdr, 0, sizeof(state->xstate_hdr));
	cpu_vector_save(area);
	state->fpstate.sw_reserved = (struct _fpx_sw_bytes){
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = state_size + FP_XSTATE_MAGIC2_SIZE,
		.xfeatures = features,
		.xstate_size = state_size,
	};
	memcpy((char *)area + state_size, &magic2, sizeof(magic2));
	cpu_vector_load(&initial);
}

static bool is_extended(const struct _fpstate *state)
{
	const struct _fpx_sw_bytes *words = &state->sw_reserved;

	return words->magic1 == FP_XSTATE_MAGIC1 && words->xstate_size == state_size;
}

bool vector_frame_load(const void *area)
{
	struct _xstate *mine = area_of(thread_current());
	const struct _fpstate *from = area;

	if (!area) {
		cpu_vector_load(&initial);
		return true;
	}

	bool extended = is_extended(from);

	if (from->mxcsr & ~MXCSR_BITS)
		return false;
	/* Checked in a copy: what XRSTOR refuses would be the kernel's fault. */
	memcpy(mine, area, extended ? state_size : sizeof(*from));
	mine->fpstate.mxcsr &= MXCSR_BITS;
	mine->xstate_hdr = (struct _header){
		.xfeatures = extended ? mine->xstate_hdr.xfeatures & features : XCR0_X87_SSE,
	};
	cpu_vector_load(mine);
	return true;
}
