/* SPDX-License-Identifier: MIT */
/*
 * Vector state: x87, SSE and AVX registers, of threads and in signal frames.
 *
 * The kernel uses none of them, so while a thread is a core's current one, in
 * the kernel or above, the registers hold its state. They keep it until another
 * thread comes: one that sleeps and wakes on an idle core pays nothing.
 */
#ifndef XEN_VECTOR_H
#define XEN_VECTOR_H

#include "container/xen/core.h"
#include "container/xen/cpu.h"

#include <stdbool.h>
#include <stdint.h>

#define X87_MASKS 0x3f /* in its control word: all errors masked */

/* Turn it on, on this core. */
void vector_enable(void);

/* Before the first thread, behind vector_enable. */
void vector_init(void);

/* Give a new thread its parent's rounding modes; no other state of it matters. */
void vector_inherit(struct thread *thread);

/* The current core goes on in `next`: bring its state in, save that of whoever was before. */
void vector_exchange(struct core *core, struct thread *next);

/*
 * From one such thread to another. Errors that the x87 has raised are not to become
 * those of a thread that does not mask them; where both mask all, they do no harm.
 */
static inline void vector_control(const struct thread *owner, const struct thread *next)
{
	uint16_t control = next->vector.control;

	cpu_mxcsr_set(&next->vector.mxcsr);
	if (control != owner->vector.control || (~control & X87_MASKS))
		cpu_x87_control_set(control);
}

/* From the owner of the registers to another; both wait where nothing but these is kept. */
static inline void vector_switch_dead(struct core *core, const struct thread *owner,
				      struct thread *next)
{
	vector_control(owner, next);
	core->vector_owner = next;
}

static inline void vector_switch(struct core *core, struct thread *next)
{
	struct thread *owner = core->vector_owner;

	if (owner == next)
		return;
	if (owner && owner->vector.is_dead && next->vector.is_dead)
		vector_switch_dead(core, owner, next);
	else
		vector_exchange(core, next);
}

/*
 * The current thread is about to wait in a call that keeps none of its vector state
 * but the control words: until it goes on, or vector.is_dead is taken back.
 */
static inline void vector_forget(struct thread *self)
{
	cpu_vector_control(&self->vector.mxcsr, &self->vector.control);
	self->vector.is_dead = true;
}

/* Drop a thread's state from the registers of its core, saving it. */
void vector_leave(struct core *core, struct thread *thread);

/*
 * In a signal frame, at an address that is a multiple of 64, the state is as
 * Linux has it (asm/sigcontext.h): an XSAVE area whose reserved bytes tell its
 * size, then FP_XSTATE_MAGIC2.
 */
uint64_t vector_frame_size(void);

/* Save the current thread's state there and begin with the initial one. */
void vector_frame_save(void *area);

/*
 * Give the current thread the state from there, or the initial one where area
 * is NULL. False, and nothing is changed, if no processor would take it.
 */
bool vector_frame_load(const void *area);

#endif
