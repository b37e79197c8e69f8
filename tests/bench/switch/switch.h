/* SPDX-License-Identifier: MIT */
/*
 * Ways to go from one thread of control to another and back: what the bench of
 * switches knows of each.
 */
#ifndef TESTS_BENCH_SWITCH_SWITCH_H
#define TESTS_BENCH_SWITCH_SWITCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWITCH_STACK (64 << 10)

/* Each goes there and back so many times, which is twice as many switches. */
void switch_task(uint64_t trips);
void switch_registers(uint64_t trips);
void switch_words(uint64_t trips);
void switch_fcontext(uint64_t trips);
void switch_ucontext(uint64_t trips);
void switch_futex(uint64_t trips);
void switch_yield(uint64_t trips);

/* In bare_switch.S: leave this stack, to be found again in *kept, for another one. */
void bare_registers(void **kept, void *to);
void bare_words(void **kept, void *to);

#ifdef __cplusplus
}
#endif
#endif
