/* SPDX-License-Identifier: MIT */
/* An endpoint within one connection: begin, wake, close, break. */
#include "ipc/endpoint.h"

#include "ipc/channel_lock.h"

void endpoint_init(struct channel *ch, const struct ring *tx, const struct ring *rx, uint64_t start)
{
	*ch = (struct channel){.tx_ring = *tx, .rx_ring = *rx};
	ring_sender_init(&ch->tx, tx, start);
	ring_receiver_init(&ch->rx, rx, start);
}

void endpoint_wake(uint32_t *flag, uint64_t *bells)
{
	if (bell_ring(flag))
		ring_count(bells, 1);
}

static void endpoint_nudge_one(uint32_t *flag, uint64_t *bells)
{
	if (bell_look(flag) & BELL_PARKED)
		endpoint_wake(flag, bells);
}

/* T1 of bell.h was the message. */
void endpoint_nudge(struct channel *ch)
{
	struct ring_control *control = ch->rx_ring.control;

	endpoint_nudge_one(&control->flag.sender, &ch->tx.bells);
	endpoint_nudge_one(&control->flag.caller, &ch->tx.bells);
}

static bool endpoint_is_ready(const struct channel *ch)
{
	return __atomic_load_n(&ch->ready, __ATOMIC_ACQUIRE);
}

/*
 * One side joins the rings, on its own thread. Ended in the middle of it, the
 * side still waits, and endpoint_bury begins again.
 */
bool endpoint_join_tx(struct channel *ch)
{
	if (!ch->tx_waits || !endpoint_is_ready(ch))
		return false;
	ring_sender_join(&ch->tx, &ch->tx_ring);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&ch->tx_waits, false, __ATOMIC_RELAXED);
	return true;
}

static bool endpoint_join_rx(struct channel *ch)
{
	if (!ch->rx_waits || !endpoint_is_ready(ch))
		return false;
	ring_receiver_join(&ch->rx, &ch->rx_ring);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&ch->rx_waits, false, __ATOMIC_RELAXED);
	return true;
}

/*
 * While a side waits, only the lock says whether its rings are there: closed
 * before, endpoint_ready closes them; behind, the side has joined them here.
 */
static void endpoint_finish_waiting(struct channel *ch, enum channel_reason reason)
{
	sigset_t kept;

	channel_lock(&kept);
	if (!endpoint_join_tx(ch))
		ring_finish(&ch->tx, reason);
	channel_unlock(&kept);
}

static void endpoint_refuse_waiting(struct channel *ch, enum channel_reason reason)
{
	sigset_t kept;

	channel_lock(&kept);
	if (!endpoint_join_rx(ch))
		ring_refuse(&ch->rx, reason);
	channel_unlock(&kept);
}

void endpoint_finish(struct channel *ch, enum channel_reason reason)
{
	if (ring_rare(ch->tx_waits) && !ch->tx.reason)
		endpoint_finish_waiting(ch, reason);
	if (ch->tx.reason)
		return;
	if (ring_finish(&ch->tx, reason) & BELL_PARKED)
		endpoint_wake(&ch->tx.control->flag.receiver, &ch->tx.bells);
	/* A full barrier, behind which a caller that sleeps is seen. */
	ring_mark_unanswered(ch->rx_ring.control, reason);
	endpoint_wake(&ch->rx_ring.control->flag.caller, &ch->tx.bells);
}

static void endpoint_refuse(struct channel *ch, enum channel_reason reason)
{
	if (ring_rare(ch->rx_waits) && !ch->rx.reason)
		endpoint_refuse_waiting(ch, reason);
	if (ch->rx.reason)
		return;
	ring_refuse(&ch->rx, reason);
	if (bell_look(&ch->rx.control->flag.sender))
		endpoint_wake(&ch->rx.control->flag.sender, &ch->rx.bells);
}

void endpoint_close(struct channel *ch, enum channel_reason reason)
{
	endpoint_finish(ch, reason);
	endpoint_refuse(ch, reason);
}

void endpoint_stop(struct channel *ch)
{
	uint32_t *flags[] = {
		&ch->tx_ring.control->flag.sender,    &ch->tx_ring.control->flag.caller,
		&ch->rx_ring.control->flag.receiver,  &ch->nowhere.controls[0].flag.sender,
		&ch->nowhere.controls[0].flag.caller, &ch->nowhere.controls[1].flag.receiver,
	};

	/*
	 * T1 of bell.h; T2 and T3 wherever one of the owner's threads may sleep. Not by a look:
	 * a sleeper whose peer is on its own core makes no barrier for this thread.
	 */
	__atomic_store_n(&ch->stopping, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		bell_wake(flags[i]);
}

static void endpoint_break(struct ring_control *control)
{
	/* Rare enough to ring without a look; the rings are full barriers. */
	ring_mark_closed(control, CHANNEL_PROTOCOL);
	ring_mark_unanswered(control, CHANNEL_PROTOCOL);
	bell_ring(&control->flag.receiver);
	bell_ring(&control->flag.sender);
	bell_ring(&control->flag.caller);
}

/*
 * Both directions at once, by flags alone: the other side's cursor may be another
 * thread's. That side may not have joined its ring yet, so the rings are named
 * by what is constant.
 */
static void endpoint_abort(struct channel *ch)
{
	endpoint_break(ch->tx_ring.control);
	endpoint_break(ch->rx_ring.control);
}

void endpoint_ack(struct channel *ch)
{
	if (ring_rare(ring_ack(&ch->rx)))
		endpoint_wake(&ch->rx.control->flag.sender, &ch->rx.bells);
}

enum channel_status endpoint_ended(struct channel *ch, enum channel_reason reason)
{
	if (reason == CHANNEL_PROTOCOL)
		endpoint_abort(ch);
	return reason == CHANNEL_DROPPED ? CHANNEL_MISUSE : CHANNEL_CLOSED;
}

enum channel_status endpoint_flagged(struct channel *ch, uint32_t flag)
{
	if (flag & BELL_PARKED)
		endpoint_wake(&ch->tx.control->flag.receiver, &ch->tx.bells);
	if (!(flag & RING_CLOSED))
		return CHANNEL_OK;
	ring_refused(&ch->tx, flag);
	return endpoint_ended(ch, ch->tx.reason);
}

enum channel_status endpoint_flush(struct channel *ch)
{
	return endpoint_flagged(ch, ring_flush(&ch->tx));
}

enum channel_status endpoint_reserve(struct channel *ch, size_t len, void **room)
{
	enum channel_status status = ring_reserve(&ch->tx, len, room);

	if (status == CHANNEL_AGAIN && ring_rare(ch->tx_waits) && endpoint_join_tx(ch))
		status = ring_reserve(&ch->tx, len, room);
	/* The receiver can make no room behind what it does not see. */
	if (status == CHANNEL_AGAIN && ring_rare(ch->tx.withheld))
		status = endpoint_flush(ch) == CHANNEL_OK ? CHANNEL_AGAIN : CHANNEL_CLOSED;
	if (ring_rare(status == CHANNEL_CLOSED))
		return endpoint_ended(ch, ch->tx.reason);
	return status;
}

enum channel_status endpoint_peek(struct channel *ch, const void **msg, size_t *len)
{
	enum channel_status status = ring_peek(&ch->rx, msg, len);

	if (status == CHANNEL_AGAIN && ring_rare(ch->rx_waits) && endpoint_join_rx(ch))
		status = ring_peek(&ch->rx, msg, len);
	/* An empty ring may be less than a portion short of the room its sender needs. */
	if (status == CHANNEL_AGAIN && ch->rx.acked != ch->rx.cursor)
		endpoint_ack(ch);
	if (ring_rare(status == CHANNEL_CLOSED))
		return endpoint_ended(ch, ch->rx.reason);
	return status;
}
