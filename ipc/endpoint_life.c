/* SPDX-License-Identifier: MIT */
/* An endpoint from one connection, and one life of its owner, to the next. */
#include "ipc/bell_set.h"
#include "ipc/endpoint.h"

void endpoint_renew(struct channel *ch)
{
	ring_init(&ch->tx_ring, 0);
	ring_init(&ch->rx_ring, 0);
}

void endpoint_rouse(const struct channel *ch)
{
	bell_tell_again(__atomic_load_n(&ch->tx_whom, __ATOMIC_RELAXED));
	bell_tell_again(__atomic_load_n(&ch->rx_whom, __ATOMIC_RELAXED));
	bell_tell_again(__atomic_load_n(&ch->call_whom, __ATOMIC_RELAXED));
}

void endpoint_join(struct channel *ch)
{
	ch->connection++;
	ring_sender_join(&ch->tx, &ch->tx_ring);
	ring_receiver_join(&ch->rx, &ch->rx_ring);
	__atomic_store_n(&ch->tx_waits, false, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->rx_waits, false, __ATOMIC_RELAXED);
	endpoint_rouse(ch);
}

void endpoint_connect(struct channel *ch)
{
	struct ring tx = {&ch->nowhere.controls[0], &ch->nowhere.words[0], ch->tx.size};
	struct ring rx = {&ch->nowhere.controls[1], &ch->nowhere.words[1], ch->rx.size};

	ch->connection++;
	ring_init(&tx, 0);
	ring_init(&rx, 0);
	ring_sender_join(&ch->tx, &tx);
	ring_receiver_join(&ch->rx, &rx);
	/* A receiver that has handed nothing back for a whole ring: no room. */
	ch->tx.limit = 0;
	__atomic_store_n(&tx.control->acked, RING_WORD - ch->tx.size, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->ready, false, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->tx_waits, true, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->rx_waits, true, __ATOMIC_RELAXED);
	endpoint_rouse(ch);
}

void endpoint_drop(struct channel *ch)
{
	endpoint_connect(ch);
	__atomic_store_n(&ch->tx.reason, CHANNEL_DROPPED, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->rx.reason, CHANNEL_DROPPED, __ATOMIC_RELAXED);
	ch->serves = NULL;
	__atomic_store_n(&ch->tx_waits, false, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->rx_waits, false, __ATOMIC_RELAXED);
}

void endpoint_turn_away(struct channel *ch)
{
	for (unsigned i = 0; i < 2; i++) {
		ring_mark_closed(&ch->nowhere.controls[i], CHANNEL_FINISHED);
		/* T1 of bell.h is the line above. */
		bell_wake(&ch->nowhere.controls[i].flag.sender);
		bell_wake(&ch->nowhere.controls[i].flag.receiver);
		bell_wake(&ch->nowhere.controls[i].flag.caller);
	}
}

/* What the sides have closed already while they waited. */
static void endpoint_close_new(struct channel *ch)
{
	enum channel_reason tx = __atomic_load_n(&ch->tx.reason, __ATOMIC_RELAXED);
	enum channel_reason rx = __atomic_load_n(&ch->rx.reason, __ATOMIC_RELAXED);

	if (tx) {
		__atomic_store_n(ring_word(ch->tx_ring.memory, ch->tx_ring.size, 0),
				 ring_header(RING_FIN, tx), __ATOMIC_RELEASE);
		ring_mark_unanswered(ch->rx_ring.control, tx);
	}
	if (rx)
		ring_mark_closed(ch->rx_ring.control, rx);
}

void endpoint_ready(struct channel *ch)
{
	endpoint_close_new(ch);
	/* T1 of bell.h for all who wait. */
	__atomic_store_n(&ch->ready, true, __ATOMIC_RELEASE);
	bell_wake(&ch->nowhere.controls[0].flag.sender);
	bell_wake(&ch->nowhere.controls[0].flag.caller);
	bell_wake(&ch->nowhere.controls[1].flag.receiver);
}

void endpoint_reset(struct channel *ch)
{
	struct ring_sender *tx = &ch->tx;
	struct ring_receiver *rx = &ch->rx;

	tx->sent = tx->sent_bytes = tx->parks = tx->bells = 0;
	rx->received = rx->received_bytes = rx->parks = rx->bells = rx->answer_bells = 0;
	ch->tx_patience = ch->rx_patience = ch->call_patience = (struct endpoint_patience){0};
	ch->pace = (struct endpoint_pace){0};
	ch->serves = NULL;
	ch->tx_whom = ch->rx_whom = ch->call_whom = 0;
	__atomic_store_n(&ch->stopping, false, __ATOMIC_RELAXED);
}

/* A side that waits and was told has used its rings no further than that. */
static void endpoint_bury_join(struct channel *ch)
{
	if (!__atomic_load_n(&ch->ready, __ATOMIC_ACQUIRE))
		return;
	if (ch->tx_waits)
		ring_sender_join(&ch->tx, &ch->tx_ring);
	if (ch->rx_waits)
		ring_receiver_join(&ch->rx, &ch->rx_ring);
	__atomic_store_n(&ch->tx_waits, false, __ATOMIC_RELAXED);
	__atomic_store_n(&ch->rx_waits, false, __ATOMIC_RELAXED);
}

void endpoint_bury(struct channel *ch, enum channel_reason reason)
{
	endpoint_bury_join(ch);
	/* First, so that a peer that has read the closing record is refused when it sends. */
	ring_receiver_bury(&ch->rx, reason);
	ring_sender_bury(&ch->tx, reason);
	ring_mark_unanswered(ch->rx.control, ch->tx.reason);
	/* The owner may have ended between publishing anything and ringing for it. */
	bell_wake(&ch->tx.control->flag.receiver);
	bell_wake(&ch->rx.control->flag.sender);
	bell_wake(&ch->rx.control->flag.caller);
}

static bool endpoint_loaded(const enum channel_reason *reason)
{
	return __atomic_load_n(reason, __ATOMIC_RELAXED) != CHANNEL_OPEN;
}

bool endpoint_closed(const struct channel *ch)
{
	return endpoint_loaded(&ch->tx.reason) && endpoint_loaded(&ch->rx.reason);
}

bool endpoint_told(const struct channel *ch)
{
	return endpoint_loaded(&ch->rx.reason) || endpoint_loaded(&ch->tx.call.reason) ||
	       __atomic_load_n(&ch->tx.refused, __ATOMIC_RELAXED);
}

bool endpoint_waits(const struct channel *ch)
{
	bool waits = __atomic_load_n(&ch->tx_waits, __ATOMIC_RELAXED) ||
		     __atomic_load_n(&ch->rx_waits, __ATOMIC_RELAXED);

	return waits && !__atomic_load_n(&ch->ready, __ATOMIC_RELAXED);
}
