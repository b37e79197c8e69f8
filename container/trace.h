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

/*
 * Call each(argument, ip, behind_call) for the interrupted instruction and then
 * for each caller, whose ip is a return address: behind_call. Until it returns
 * false. Returns false where the stack cannot be read to its end. Where the
 * interrupted instruction is in no function of the image, the context is
 * changed to that of its caller.
 */
bool trace_walk(struct thread *t, ucontext_t *context,
		bool (*each)(void *argument, uint64_t ip, bool behind_call), void *argument);

/* Whether the interrupted code was called by the allocator, or is the allocator. */
bool trace_in_allocator(struct thread *t, ucontext_t *context);

/* Whether it is the C library's; whether it is about to come back from a system call. */
bool trace_in_library(const ucontext_t *context);
bool trace_in_call(const ucontext_t *context);

#endif
