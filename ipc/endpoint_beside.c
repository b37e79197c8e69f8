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

#include "container/kernel_calls.h"

static inline bool beside_is_silent(const struct ring_receiver *r)
{
	return !__atomic_load_n(ring_word(r->memory, r->size, r->cursor), __ATOMIC_RELAXED);
}

/* Neither closed nor named by a set, which would have to be told that it is no more. */
static inline bool beside_is_free(const struct ring_receiver *r)
{
	return !__atomic_load_n(&r->control->flag.receiver, __ATOMIC_RELAXED);
}

/* Nothing is there, nothing is held, and the ring is the one to wait at. */
static inline bool beside_is_usual(const struct channel *ch)
{
	return ch->beside && bell_mode.kernel && !endpoint_wait_as_task && !ch->rx.held &&
	       !ch->rx.reason && !ch->rx_waits && beside_is_silent(&ch->rx) &&
	       beside_is_free(&ch->rx);
}

/* endpoint_ack, where the sender does not wait for room. */
static inline void beside_ack(struct channel *ch)
{
	struct ring_receiver *r = &ch->rx;

	if (r->acked == r->cursor)
		return;
	r->acked = r->cursor;
	/* R1; and T1 of a sender that sleeps for room. */
	__atomic_store_n(&r->control->acked, r->acked, __ATOMIC_RELEASE);
	if (ring_rare(bell_look(&r->control->flag.sender)))
		endpoint_ack(ch);
}

/*
 * From S1 to S4 of bell.h; S2 is none, as long as no thread has left its core. A flag
 * that names a set is not to lose that name without its bell being told: bell_arm does.
 */
static inline void beside_sleep(struct channel *ch, uint64_t deadline)
{
	uint32_t *flag = &ch->rx.control->flag.receiver, none = 0;
	uint64_t by = endpoint_rest_by(false);

	if (!__atomic_compare_exchange_n(flag, &none, BELL_PARKED, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return;
	if (!__atomic_load_n(&bell_mode.kernel->strayed, __ATOMIC_SEQ_CST) &&
	    !__atomic_load_n(&ch->stopping, __ATOMIC_ACQUIRE) && beside_is_silent(&ch->rx)) {
		ring_count(&ch->rx.parks, 1);
		bell_mode.kernel->wait(flag, BELL_PARKED, by < deadline ? by : deadline);
	}
	/* Who rang has taken it off. */
	if (__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED)
		bell_disarm(flag);
}

enum channel_status endpoint_receive(struct channel *ch, uint64_t deadline, const void **msg,
				     size_t *len)
{
	enum channel_status status;

	if (deadline != CHANNEL_NOW && beside_is_usual(ch)) {
		beside_ack(ch);
		beside_sleep(ch, deadline);
		if (ring_peek_now(&ch->rx, msg, len))
			return CHANNEL_OK;
	}
	status = endpoint_peek(ch, msg, len);
	return status == CHANNEL_AGAIN ? endpoint_wait_message(ch, deadline, msg, len) : status;
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
