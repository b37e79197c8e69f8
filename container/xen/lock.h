/* SPDX-License-Identifier: MIT */
/*
 * Spin locks between cores. Interrupts are off wherever the kernel runs, so a
 * lock is never taken from an interrupt on top of itself.
 *
 * Order, outermost first: the console's; vm, page tables, frames; a thread's
 * signals, futex bucket, core. Touching memory that is backed on demand takes vm's, so it is done
 * under the console's and a bucket's lock, and never under the others.
 */
#ifndef XEN_LOCK_H
#define XEN_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
	uint32_t held;
};

/* Acquire, if nobody holds it; pairs with the release in lock_drop. */
static inline bool lock_try(struct lock *lock)
{
	return !__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE);
}

/* Spin until it is free, then take it; makes the fences that others want of this core meanwhile. */
void lock_await(struct lock *lock);

static inline void lock_take(struct lock *lock)
{
	if (__builtin_expect(!lock_try(lock), 0))
		lock_await(lock);
}

/* Release; pairs with the acquire in lock_take. */
static inline void lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif
