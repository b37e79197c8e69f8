/* SPDX-License-Identifier: MIT */
/*
 * What the code was doing that a signal handler interrupted.
 *
 * All of this is for signal handlers on a thread of a component. Walking reads
 * a stack that may be broken: a fault on the way ends the walk and no more.
 */
#ifndef CONTAINER_TRACE_H
#define CONTAINER_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct thread;

/* Before any component starts: the unwinder takes its memory the first time it is used. */
void trace_init(void);

struct trace_frame {
	uint64_t ip;
	bool is_caller; /* ip is a return address; else the code was interrupted there */
	uint64_t *slot; /* where a caller's ip lies on the stack */
};

/*
 * Call each(argument, frame) for the interrupted instruction and then for each
 * caller, until it returns false. Returns false where the stack cannot be read to
 * its end. Where the interrupted instruction is in no function of the image, the
 * context is changed to that of its caller.
 */
bool trace_walk(struct thread *t, ucontext_t *context,
		bool (*each)(void *argument, const struct trace_frame *frame), void *argument);

/* Whether the interrupted code was called by the allocator, or is the allocator. */
bool trace_in_allocator(struct thread *t, ucontext_t *context);

/*
 * How the interrupted code gets out of the allocator and the C library. True with
 * *slot NULL: it is not in them, or only waits there in a system call. True with a
 * slot: when it returns to the address there. False: that cannot be told now.
 */
bool trace_way_out(struct thread *t, ucontext_t *context, uint64_t **slot);

#endif
