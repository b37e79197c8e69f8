/* SPDX-License-Identifier: MIT */
/* The calls of channel.h on an endpoint. */
#include "ipc/channel.h"

#include <string.h>

#include "ipc/endpoint.h"

const char *channel_name(const struct channel *ch)
{
	return ch->name;
}

size_t channel_max(const struct channel *ch)
{
	return ring_max(ch->tx.size);
}

enum channel_status channel_reserve(struct channel *ch, size_t len, uint64_t deadline, void **room)
{
	enum channel_status status = endpoint_reserve(ch, len, room);

	if (ring_rare(status == CHANNEL_AGAIN))
		return endpoint_wait_room(ch, len, deadline, room);
	return status;
}

/* The message belongs to a batch, or the receiver's flag is not 0. */
static enum channel_status channel_committed(struct channel *ch, uint32_t flag)
{
	return ch->tx.withheld ? endpoint_flush(ch) : endpoint_answer(ch, flag);
}

/* Of what was reserved. */
static inline enum channel_status channel_publish(struct channel *ch, size_t len)
{
	uint32_t flag = ring_commit(&ch->tx, len);

	return ring_rare(flag | ch->tx.withheld) ? channel_committed(ch, flag) : CHANNEL_OK;
}

/* Most messages are a word or two: a call would take longer. */
static inline void channel_copy(void *to, const void *from, size_t len)
{
	if (len == sizeof(uint64_t))
		__builtin_memcpy(to, from, sizeof(uint64_t));
	else if (len)
		memcpy(to, from, len);
}

enum channel_status channel_commit(struct channel *ch, size_t len)
{
	return ring_rare(len >= ch->tx.reserved) ? CHANNEL_MISUSE : channel_publish(ch, len);
}

/* The next message. Where a nap is to be had, it has most often come by its end. */
static inline __attribute__((always_inline)) enum channel_status
channel_next(struct channel *ch, uint64_t deadline, const void **msg, size_t *len)
{
	struct ring_receiver *r = &ch->rx;
	uint64_t header;

	if (!ring_rare(r->held || r->reason)) {
		header = ring_next(r);
		if (!header && endpoint_nap(ch, deadline))
			header = ring_next(r);
		if (!ring_rare(!ring_hold(r, header, msg, len)))
			return CHANNEL_OK;
	}
	return endpoint_receive(ch, deadline, msg, len);
}

enum channel_status channel_peek(struct channel *ch, uint64_t deadline, const void **msg,
				 size_t *len)
{
	return channel_next(ch, deadline, msg, len);
}

static inline enum channel_status channel_let_go(struct channel *ch)
{
	/* Nothing is held of a request that came through the mailbox. */
	if (ring_rare(!ch->rx.held))
		return ch->rx.serve.due ? CHANNEL_OK : CHANNEL_MISUSE;
	if (ring_rare(ring_release(&ch->rx)))
		endpoint_ack(ch);
	return CHANNEL_OK;
}

enum channel_status channel_release(struct channel *ch)
{
	return channel_let_go(ch);
}

enum channel_status channel_send(struct channel *ch, const void *msg, size_t len, uint64_t deadline)
{
	enum channel_status status;
	void *room;

	status = ring_reserve(&ch->tx, len, &room);
	if (ring_rare(status != CHANNEL_OK))
		status = channel_reserve(ch, len, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	channel_copy(room, msg, len);
	return channel_publish(ch, len);
}

enum channel_status channel_recv(struct channel *ch, void *buf, size_t size, size_t *len,
				 uint64_t deadline)
{
	enum channel_status status;
	const void *msg;

	status = channel_next(ch, deadline, &msg, len);
	if (status != CHANNEL_OK)
		return status;
	if (*len > size)
		return CHANNEL_TOO_BIG;
	channel_copy(buf, msg, *len);
	return channel_let_go(ch);
}

void channel_finish(struct channel *ch)
{
	endpoint_finish(ch, CHANNEL_FINISHED);
}

void channel_close(struct channel *ch)
{
	endpoint_close(ch, CHANNEL_FINISHED);
}

void channel_break(struct channel *ch)
{
	endpoint_close(ch, CHANNEL_PROTOCOL);
}

static enum channel_reason channel_load_reason(const enum channel_reason *reason)
{
	return __atomic_load_n(reason, __ATOMIC_RELAXED);
}

enum channel_reason channel_reason(const struct channel *ch)
{
	enum channel_reason reason = channel_load_reason(&ch->rx.reason);

	if (!reason)
		reason = channel_load_reason(&ch->tx.reason);
	if (!reason)
		reason = channel_load_reason(&ch->tx.call.reason);
	return reason || !endpoint_waits(ch) ? reason : CHANNEL_CONNECTING;
}

static uint64_t channel_load_count(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void channel_stats(const struct channel *ch, struct channel_stats *out)
{
	*out = (struct channel_stats){
		.sent = channel_load_count(&ch->tx.sent),
		.sent_bytes = channel_load_count(&ch->tx.sent_bytes),
		.received = channel_load_count(&ch->rx.received),
		.received_bytes = channel_load_count(&ch->rx.received_bytes),
		.parks = channel_load_count(&ch->tx.parks) + channel_load_count(&ch->rx.parks),
		.bells = channel_load_count(&ch->tx.bells) + channel_load_count(&ch->rx.bells) +
			 channel_load_count(&ch->rx.answer_bells),
	};
}

const char *channel_status_text(enum channel_status status)
{
	switch (status) {
	case CHANNEL_OK:
		return "ok";
	case CHANNEL_AGAIN:
		return "nothing there before the deadline";
	case CHANNEL_CLOSED:
		return "channel closed";
	case CHANNEL_TOO_BIG:
		return "message too big";
	case CHANNEL_MISUSE:
		return "call not allowed in this state";
	case CHANNEL_STOPPING:
		return "asked to stop";
	case CHANNEL_CANCELLED:
		return "task cancelled";
	case CHANNEL_FAILED:
		return "call failed";
	}
	return "unknown status";
}

const char *channel_reason_text(enum channel_reason reason)
{
	switch (reason) {
	case CHANNEL_OPEN:
		return "open";
	case CHANNEL_FINISHED:
		return "finished";
	case CHANNEL_PEER_DIED:
		return "peer died";
	case CHANNEL_PROTOCOL:
		return "protocol error";
	case CHANNEL_CONNECTING:
		return "connecting";
	case CHANNEL_DROPPED:
		return "dropped";
	}
	return "unknown reason";
}
