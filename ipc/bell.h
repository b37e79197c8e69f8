/* SPDX-License-Identifier: MIT */
/*
 * Doorbells: how one side of a ring sleeps and the other wakes it, at no cost
 * to the side that is awake.
 *
 * A flag is a futex word in shared memory. Its lowest bit says that the one
 * thread that may wait on it is about to sleep; the other bits are the ring's.
 * What is waited for is another word of shared memory, here called the news.
 *
 *   teller                                 sleeper
 *   T1 store-release the news              S1 set BELL_PARKED in the flag
 *   T2 compiler barrier (bell_look)        S2 barrier in every thread (bell_arm)
 *   T3 load the flag, ring it if parked    S3 load the news again
 *                                          S4 futex wait while the flag is as in S1
 *
 * T2 pairs with S2. Without them this loses a wake-up: T1 still stands in the
 * store buffer of its core, T3 loads the flag before S1 and finds nobody
 * parked, S3 loads the old news, S4 sleeps, T1 becomes visible, nobody rings.
 * S2 makes the teller's core pass a full barrier between S1 and S3. If that
 * falls before T3, T3 sees S1 and rings; if behind, T1 is visible to S3. The
 * full barrier is thus paid by the side that goes to sleep, in microseconds,
 * and never by the side that talks. A ring between S1 and S4 takes the bit off,
 * and S4 returns at once.
 *
 * A thread can also sleep for many flags at once, on a bell of bell_set.h. Each
 * flag's upper bits then say whom to tell. Ringing takes them off, too, and
 * tells; S4 is the bell's own. Whatever a flag names, telling it wakes somebody
 * once too often at most.
 */
#ifndef IPC_BELL_H
#define IPC_BELL_H

#include <stdbool.h>
#include <stdint.h>

#define BELL_PARKED UINT32_C(1)

/* Whom to tell of bell_set.h, or 0: the futex of the flag itself. */
#define BELL_WHOM_SHIFT 8
#define BELL_WHOM (UINT32_MAX << BELL_WHOM_SHIFT)

struct kernel_calls;

struct bell_mode {
	bool fenced; /* no barrier in every thread here, so T2 has to be a full one */
	const struct kernel_calls *kernel; /* sleeps and wakes by plain calls; NULL: by futexes */
} __attribute__((aligned(128)));           /* read at every message: nothing written beside it */

/* Constant once bell_init has returned. */
extern struct bell_mode bell_mode;

/* Before the first use of any flag, with only one thread alive. Idempotent. */
void bell_init(void);

/* bell_look for who knows that nothing is fenced here. */
static inline uint32_t bell_look_unfenced(uint32_t *flag)
{
	/* Only the compiler has to keep the order; S2 sees to the processor. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

/*
 * T2 and T3: the flag, as seen behind what this thread has published. Where
 * fenced, a read-modify-write that changes nothing stands for fence and
 * load: in the flag's order it comes before S1, which then acquires T1, or
 * behind it, and sees the bit. (TSan follows that, but not a fence.)
 */
static inline uint32_t bell_look(uint32_t *flag)
{
	if (__builtin_expect(bell_mode.fenced, 0))
		return __atomic_fetch_or(flag, 0, __ATOMIC_SEQ_CST);
	return bell_look_unfenced(flag);
}

/* Wake the sleeper if there is one; whether there was. */
bool bell_ring(uint32_t *flag);

/*
 * T2 and T3 in one for rare news, and for a teller that may stand in for one
 * that was ended anywhere, between taking the bit off and waking too.
 */
void bell_wake(uint32_t *flag);

/* S1 for a bell of bell_set.h. The bell named before, if it is another one, is told. */
void bell_name(uint32_t *flag, uint32_t whom);

/* Take that off again, unless the flag names another one by now. */
void bell_unname(uint32_t *flag, uint32_t whom);

/*
 * S2, for any number of flags, behind S1. `beside`: all that may tell them run on the
 * core of the caller, as far as the manifest says. In a guest, which knows whether
 * that is still so, nothing is then to be done: between two threads of a core lies a
 * full barrier.
 */
void bell_barrier(bool beside);

/* S1 and S2. Returns what bell_sleep is to find in the flag. */
uint32_t bell_arm(uint32_t *flag, bool beside);

/*
 * S4: sleep until the flag is no longer as armed, or the deadline is past, or
 * for no reason at all; whether it ended by the deadline. Deadlines are absolute CLOCK_MONOTONIC
 * times in nanoseconds; UINT64_MAX never comes.
 */
bool bell_sleep(uint32_t *flag, uint32_t armed, uint64_t deadline);
bool bell_past(uint64_t deadline);

/* Take what S1 set off again, whoever else may have done so. */
void bell_disarm(uint32_t *flag);

/* One turn of a polling loop: tells the processor so. */
static inline void bell_pause(void)
{
	__builtin_ia32_pause();
}

#endif
