/* SPDX-License-Identifier: MIT */
/* An endpoint's life: begin, wake, close, break. */
#include "ipc/endpoint.h"

void endpoint_init(struct channel *ch, const struct ring *tx, const struct ring *rx, uint64_t start)
{
	ring_sender_init(&ch->tx, tx, start);
	ring_receiver_init(&ch->rx, rx, start);
	ch->tx_patience = ch->rx_patience = (struct endpoint_patience){0};
	ch->pace = (struct endpoint_pace){0};
	ch->stopping = false;
}

static void endpoint_wake(uint32_t *flag, uint64_t *bells)
{
	if (bell_ring(flag))
		ring_count(bells, 1);
}

void endpoint_finish(struct channel *ch, enum channel_reason reason)
{
	if (ch->tx.reason)
		return;
	if (ring_finish(&ch->tx, reason) & BELL_PARKED)
		endpoint_wake(&ch->tx.control->flag.receiver, &ch->tx.bells);
}

void endpoint_close(struct channel *ch, enum channel_reason reason)
{
	endpoint_finish(ch, reason);
	if (ch->rx.reason)
		return;
	ring_refuse(&ch->rx, reason);
	if (bell_look(&ch->rx.control->flag.sender))
		endpoint_wake(&ch->rx.control->flag.sender, &ch->rx.bells);
}

void endpoint_stop(struct channel *ch)
{
	uint32_t *flags[] = {&ch->tx.control->flag.sender, &ch->rx.control->flag.receiver};

	/* T1 of bell.h; T2 and T3 for each of the two that may sleep. */
	__atomic_store_n(&ch->stopping, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 2; i++)
		if (bell_look(flags[i]) & BELL_PARKED)
			bell_ring(flags[i]);
}

static void endpoint_break(struct ring_control *control)
{
	/* Rare enough to ring without a look; the rings are full barriers. */
	ring_mark_closed(control, CHANNEL_PROTOCOL);
	bell_ring(&control->flag.receiver);
	bell_ring(&control->flag.sender);
}

/* Both directions at once. */
static void endpoint_abort(struct channel *ch)
{
	/* By flags alone: the other side's cursor may be another thread's. */
	endpoint_break(ch->tx.control);
	endpoint_break(ch->rx.control);
}

void endpoint_ack(struct channel *ch)
{
	if (ring_rare(ring_ack(&ch->rx)))
		endpoint_wake(&ch->rx.control->flag.sender, &ch->rx.bells);
}

/* A side has come to its end. Where the peer is to blame, so has the other side. */
static void endpoint_ended(struct channel *ch, enum channel_reason reason)
{
	if (reason == CHANNEL_PROTOCOL)
		endpoint_abort(ch);
}

enum channel_status endpoint_refused(struct channel *ch, uint32_t flag)
{
	ring_refused(&ch->tx, flag);
	endpoint_ended(ch, ch->tx.reason);
	return CHANNEL_CLOSED;
}

enum channel_status endpoint_reserve(struct channel *ch, size_t len, void **room)
{
	enum channel_status status = ring_reserve(&ch->tx, len, room);

	if (ring_rare(status == CHANNEL_CLOSED))
		endpoint_ended(ch, ch->tx.reason);
	return status;
}

enum channel_status endpoint_peek(struct channel *ch, const void **msg, size_t *len)
{
	enum channel_status status = ring_peek(&ch->rx, msg, len);

	/* An empty ring may be less than a portion short of the room its sender needs. */
	if (status == CHANNEL_AGAIN && ch->rx.acked != ch->rx.cursor)
		endpoint_ack(ch);
	if (ring_rare(status == CHANNEL_CLOSED))
		endpoint_ended(ch, ch->rx.reason);
	return status;
}
