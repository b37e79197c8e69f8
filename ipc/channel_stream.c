/* SPDX-License-Identifier: MIT */
/* The rare moments of streams: where positions go back to the endpoint. */
#include "ipc/channel_stream.h"

#include "ipc/endpoint.h"

static uint64_t stream_less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* To the endpoint; nothing is left to be flushed. */
static void writer_store(struct channel_writer *w)
{
	struct ring_sender *s = &w->ch->tx;

	/* Behind the headers: ring_sender_bury goes on from the cursor. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	s->cursor = w->lap + (uint64_t)(w->at - w->memory);
	ring_count(&s->sent, w->sent);
	ring_count(&s->sent_bytes, w->sent_bytes);
	w->sent = w->sent_bytes = 0;
}

/* From the endpoint, whose rings may be others than before. */
static void writer_load(struct channel_writer *w)
{
	struct ring_sender *s = &w->ch->tx;
	uint64_t place = s->cursor & (s->size - 1);

	/* Who joins other rings has nothing open there yet. */
	s->streamed = true;
	w->memory = s->memory;
	w->end = s->memory + s->size;
	w->at = s->memory + place;
	w->stop = w->at + stream_less(s->size - place, s->limit - s->cursor);
	w->lap = s->cursor - place;
	w->flag = &s->control->flag.receiver;
	w->max = ring_max(s->size);
	w->room = 0;
}

struct channel_writer channel_writer_open(struct channel *ch)
{
	struct channel_writer w = {.ch = ch};

	/* Of two kinds of batch only one can begin at the word that is 0. */
	if (ch->tx.withheld)
		return w;
	ch->tx.reserved = 0;
	writer_load(&w);
	return w;
}

void channel_writer_close(struct channel_writer *w)
{
	struct ring_sender *s = &w->ch->tx;

	if (!s->streamed || !w->memory)
		return;
	channel_writer_flush(w);
	writer_store(w);
	s->streamed = false;
	*w = (struct channel_writer){.ch = w->ch};
}

enum channel_status channel_writer_room_slow(struct channel_writer *w, size_t len,
					     uint64_t deadline, void **room)
{
	enum channel_status status;

	if (!w->ch->tx.streamed || !w->memory)
		return CHANNEL_MISUSE;
	channel_writer_flush(w);
	writer_store(w);
	status = channel_reserve(w->ch, len, deadline, room);
	writer_load(w);
	w->ch->tx.reserved = 0;
	if (status == CHANNEL_OK)
		w->room = len + 1;
	return status;
}

enum channel_status channel_writer_flagged(struct channel_writer *w, uint32_t flag)
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

	side->cursor = r->lap + (uint64_t)(r->at - r->memory);
	ring_count(&side->received, r->received + r->run);
	ring_count(&side->received_bytes, r->received_bytes + r->run * (uint32_t)r->header);
	r->received = r->received_bytes = r->run = 0;
}

/* The further look is due where the memory ends and where a portion of room is to be handed back.
 */
static void reader_load(struct channel_reader *r)
{
	const struct ring_receiver *side = &r->ch->rx;
	uint64_t place = side->cursor & (side->size - 1), portion = side->size / RING_ACK_SHARE;
	uint64_t held = side->cursor - side->acked, due = held < portion ? portion - held : 0;

	r->memory = side->memory;
	r->at = side->memory + place;
	r->stop = r->at + stream_less(side->size - place, due);
	r->lap = side->cursor - place;
	r->max = side->size / 2;
}

struct channel_reader channel_reader_open(struct channel *ch)
{
	/* As behind a message of no bytes: header and record always belong together. */
	struct channel_reader r = {
		.ch = ch,
		.header = ring_header(RING_DATA, 0),
		.record = RING_WORD,
	};

	ch->rx.held = 0;
	reader_load(&r);
	r.stop = r.at;
	return r;
}

static void reader_hand_back(struct channel_reader *r)
{
	struct ring_receiver *side = &r->ch->rx;

	if (side->cursor - side->acked >= side->size / RING_ACK_SHARE)
		endpoint_ack(r->ch);
}

void channel_reader_close(struct channel_reader *r)
{
	reader_store(r);
	reader_hand_back(r);
	r->held = false;
	r->stop = r->at;
}

enum channel_status channel_reader_next_slow(struct channel_reader *r, uint64_t deadline,
					     const void **msg, size_t *len)
{
	struct ring_receiver *side = &r->ch->rx;
	enum channel_status status;

	reader_store(r);
	reader_hand_back(r);
	status = channel_peek(r->ch, deadline, msg, len);
	reader_load(r);
	r->held = status == CHANNEL_OK;
	if (r->held) {
		r->header = ring_header(RING_DATA, (uint32_t)*len);
		r->record = side->held;
	}
	side->held = 0;
	return status;
}
