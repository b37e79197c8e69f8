/* SPDX-License-Identifier: MIT */
/* The rare moments of streams: where positions go back to the endpoint. */
#include "ipc/channel_stream.h"

#include "ipc/endpoint.h"

/* To the endpoint; nothing is left to be flushed. */
static void writer_store(struct channel_writer *w)
{
	struct ring_sender *s = &w->ch->tx;

	/* Behind the headers: ring_sender_bury goes on from the cursor. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	s->cursor = w->cursor;
	ring_count(&s->sent, w->sent);
	ring_count(&s->sent_bytes, w->sent_bytes);
	w->sent = w->sent_bytes = 0;
}

/* From the endpoint, whose rings may be others than before. */
static void writer_load(struct channel_writer *w)
{
	const struct ring_sender *s = &w->ch->tx;
	uint64_t tail = ring_tail(s->size, s->cursor), free = s->limit - s->cursor;

	w->memory = s->memory;
	w->size = s->size;
	w->flag = &s->control->flag.receiver;
	w->cursor = w->first = s->cursor;
	w->stop = s->cursor + (tail < free ? tail : free);
	w->room = 0;
}

struct channel_writer channel_writer_open(struct channel *ch)
{
	struct channel_writer w = {.ch = ch};

	ch->tx.reserved = 0;
	writer_load(&w);
	return w;
}

void channel_writer_close(struct channel_writer *w)
{
	channel_writer_flush(w);
	writer_store(w);
	w->stop = w->cursor;
	w->room = 0;
}

enum channel_status channel_writer_room_slow(struct channel_writer *w, size_t len,
					     uint64_t deadline, void **room)
{
	enum channel_status status;

	channel_writer_flush(w);
	writer_store(w);
	status = channel_reserve(w->ch, len, deadline, room);
	writer_load(w);
	w->ch->tx.reserved = 0;
	if (status == CHANNEL_OK)
		w->room = len + 1;
	return status;
}

enum channel_status channel_writer_look(struct channel_writer *w, uint32_t flag)
{
	enum channel_status status;

	writer_store(w);
	status = endpoint_flagged(w->ch, flag);
	writer_load(w);
	return status;
}

static void reader_store(struct channel_reader *r)
{
	struct ring_receiver *side = &r->ch->rx;

	side->cursor = r->cursor;
	ring_count(&side->received, r->received);
	ring_count(&side->received_bytes, r->received_bytes);
	r->received = r->received_bytes = 0;
}

static void reader_load(struct channel_reader *r)
{
	const struct ring_receiver *side = &r->ch->rx;

	r->memory = side->memory;
	r->size = side->size;
	r->cursor = side->cursor;
	r->ack = side->acked + side->size / RING_ACK_SHARE;
}

struct channel_reader channel_reader_open(struct channel *ch)
{
	struct channel_reader r = {.ch = ch};

	ch->rx.held = 0;
	reader_load(&r);
	return r;
}

void channel_reader_close(struct channel_reader *r)
{
	r->record = 0;
	reader_store(r);
}

void channel_reader_ack(struct channel_reader *r)
{
	reader_store(r);
	endpoint_ack(r->ch);
	reader_load(r);
}

enum channel_status channel_reader_next_slow(struct channel_reader *r, uint64_t deadline,
					     const void **msg, size_t *len)
{
	enum channel_status status;
	bool again = r->record != 0;

	reader_store(r);
	status = channel_peek(r->ch, deadline, msg, len);
	reader_load(r);
	r->record = r->ch->rx.held;
	r->ch->rx.held = 0;
	if (status == CHANNEL_OK && !again)
		r->received_bytes += *len;
	return status;
}
