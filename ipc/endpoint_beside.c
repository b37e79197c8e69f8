/* SPDX-License-Identifier: MIT */
/*
 * The short way to wait for a message whose sender is on the same core, and in a guest
 * to wake whoever waits.
 *
 * Such a sender does nothing before this thread sleeps, and between the two lies a
 * full barrier: no polls, no fence, nothing to be looked at twice. Whatever is not
 * as usual is left to endpoint_wait_message.
 */
#include "ipc/endpoint.h"

#include <errno.h>

#include "container/kernel_calls.h"

static inline bool nap_is_silent(const struct ring_receiver *r)
{
	return !__atomic_load_n(ring_word(r->memory, r->size, r->cursor), __ATOMIC_RELAXED);
}

/* The ring is the one to wait at, and the thread may sleep there. */
static inline bool nap_is_usual(const struct channel *ch)
{
	return ch->beside && bell_mode.kernel && !endpoint_wait_as_task && !ch->rx_waits;
}

/*
 * Behind S1. S2 is none, as long as no thread has left its core. A sender that waits
 * for room has parked before S1, and is seen here, or comes behind it and sees the room.
 */
static inline bool nap_is_due(const struct channel *ch)
{
	return !__atomic_load_n(&bell_mode.kernel->strayed, __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&ch->stopping, __ATOMIC_ACQUIRE) && nap_is_silent(&ch->rx) &&
	       !__atomic_load_n(&ch->rx.control->flag.sender, __ATOMIC_RELAXED);
}

/* Room was handed back, and its sender not told. */
static __attribute__((noinline)) bool nap_refused(struct channel *ch)
{
	endpoint_ack(ch);
	return false;
}

static __attribute__((noinline)) bool nap_ended(struct channel *ch)
{
	bell_disarm(&ch->rx.control->flag.receiver);
	endpoint_ack(ch);
	return true;
}

/*
 * From S1 to S4 of bell.h. A flag that is not 0 is left alone: it is closed, or names a
 * set, which would have to be told that it does no more.
 */
bool endpoint_nap(struct channel *ch, uint64_t deadline)
{
	struct ring_receiver *r = &ch->rx;
	uint32_t *flag = &r->control->flag.receiver, none = 0;
	uint64_t by;

	if (ring_rare(deadline == CHANNEL_NOW || !nap_is_usual(ch)))
		return false;
	by = endpoint_rest_by(false);
	/* endpoint_ack: R1, and T1 of a sender that sleeps for room. */
	r->acked = r->cursor;
	__atomic_store_n(&r->control->acked, r->cursor, __ATOMIC_RELEASE);
	/* S1, and T2 of the above. */
	if (ring_rare(!__atomic_compare_exchange_n(flag, &none, BELL_PARKED, false,
						   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)))
		return nap_refused(ch);
	if (ring_rare(!nap_is_due(ch)))
		return nap_ended(ch);
	ring_count(&r->parks, 1);
	endpoint_rest_past(bell_mode.kernel->wait(flag, BELL_PARKED,
						  by < deadline ? by : deadline) == -ETIMEDOUT);
	/* Who rang has taken it off. */
	if (ring_rare(__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED))
		bell_disarm(flag);
	return true;
}

enum channel_status endpoint_answer(struct channel *ch, uint32_t flag)
{
	uint32_t *word = &ch->tx.control->flag.receiver, parked = BELL_PARKED;

	/* As bell_ring does it, where nobody else is to be told and nothing is closed. */
	if (!bell_mode.kernel || flag != BELL_PARKED ||
	    !__atomic_compare_exchange_n(word, &parked, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return endpoint_flagged(ch, flag);
	ring_count(&ch->tx.bells, 1);
	bell_mode.kernel->wake(word);
	return CHANNEL_OK;
}
