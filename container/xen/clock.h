/* SPDX-License-Identifier: MIT */
/*
 * Xen's clock. All times are nanoseconds.
 */
#ifndef XEN_CLOCK_H
#define XEN_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND UINT64_C(1000000000)

/* Xen's shared info page is mapped; entry_tsc is the cycle counter when Xen entered us. */
void clock_init(uint64_t entry_tsc);

/* Since Xen entered the image; never goes back, on any core. */
uint64_t clock_now(void);

/* How long so many cycles of the processor's counter take, by today's measure. */
uint64_t clock_cycles_to_ns(uint64_t cycles);

/* Since 1970, UTC; as Xen says, which its toolstack may set. */
uint64_t clock_wall(void);

/* Xen's own clock, for hypercalls that want a time. */
uint64_t clock_to_xen(uint64_t now);

/*
 * One timer event on core `id`, the caller's, when clock_now() is deadline; instead
 * of the one that was asked for before.
 */
void clock_timer_set(unsigned id, uint64_t deadline);

#endif
