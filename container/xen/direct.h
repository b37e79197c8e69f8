/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of container/kernel_calls.h.
 */
#ifndef XEN_DIRECT_H
#define XEN_DIRECT_H

#include "container/kernel_calls.h"
#include "container/xen/thread.h"

extern struct kernel_calls direct_calls;

/* A thread is about to leave the core where it was put. */
void direct_stray(void);

/* From entry.S: the calls, and the way out of them for a thread that has work to do. */
long direct_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline);
long direct_futex_wake(uint32_t *word);
_Noreturn void direct_leave(const struct regs *regs);

#endif
