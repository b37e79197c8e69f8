/* SPDX-License-Identifier: MIT */
/* The rare moments of streams: where positions go back to the endpoint. */
#include "ipc/channel_stream.h"

#include "ipc/endpoint.h"

static uint64_t stream_less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How far a pointer is ahead of a position that is less than a lap behind it. */
static uint64_t stream_ahead(const unsigned char *memory, uint64_t size, const unsigned char *at,
			     uint64_t position)
{
	return ((uint64_t)(at - memory) - position) & (size - 1);
}

/* To the endpoint; nothing is left to be flushed. */
static void writer_store(struct channel_writer *w)
{
	struct ring_sender *s = w->side;

	/* Behind the headers: ring_sender_bury goes on from the cursor. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	/* A side that has ended stays where it did. */
	if (!s->reason)
		s->cursor += stream_ahead(s->memory, s->size, w->at, s->cursor);
	channel_writer_count(w);
}

/* From this position on, of which the endpoint's cursor may be short by what is not flushed. */
static void writer_place(struct channel_writer *w, uint64_t position)
{
	struct ring_sender *s = w->side;
	uint64_t place = position & (s->size - 1), free = s->limit - position;

	w->at = s->memory + place;
	w->clear = w->at;
	w->counted = w->at;
	w->stop = w->at + stream_less(s->size - place - RING_WORD, stream_less(free, s->size / 2));
	w->room = 0;
}

/* From the endpoint, whose rings may be others than before. */
static void writer_load(struct channel_writer *w)
{
	struct ring_sender *s = w->side;

	/* Who joins other rings has nothing open there yet. */
	s->streamed = true;
	__atomic_store_n(&s->barred, bell_mode.fenced || s->reason ? RING_BARRED : 0,
			 __ATOMIC_RELAXED);
	w->flag = &s->control->flag.receiver;
	writer_place(w, s->cursor);
}

struct channel_writer channel_writer_open(struct channel *ch)
{
	struct channel_writer w = {.ch = ch, .side = &ch->tx};

	/*
	 * Of two kinds of batch only one can begin at the word that is 0. Another writer's
	 * positions are ahead of the endpoint's.
	 */
	if (ch->tx.withheld || ch->tx.streamed)
		return w;
	ch->tx.reserved = 0;
	writer_load(&w);
	return w;
}

/* Whether the side is this writer's. */
static bool writer_is_open(const struct channel_writer *w)
{
	return w->at && w->side->streamed;
}

void channel_writer_close(struct channel_writer *w)
{
	if (!writer_is_open(w))
		return;
	channel_writer_flush(w);
	writer_store(w);
	w->side->streamed = false;
	__atomic_store_n(&w->side->barred, RING_BARRED, __ATOMIC_RELAXED);
	*w = (struct channel_writer){.ch = w->ch, .side = w->side};
}

/* Whether a record of this length is the writer's own to send: before `stop`. */
static bool writer_has(const struct channel_writer *w, size_t len)
{
	return (int64_t)ring_record(len) <= w->stop - w->at;
}

/* What is published next is not one message alone that lies before `stop`. */
static void writer_bar_once(struct channel_writer *w)
{
	unsigned barred = w->side->barred;

	__atomic_store_n(&w->side->barred, barred | RING_BARRED_ONCE, __ATOMIC_RELAXED);
}

enum channel_status channel_writer_room_slow(struct channel_writer *w, size_t len,
					     uint64_t deadline, void **room)
{
	struct ring_sender *s = w->side;
	enum channel_status status;

	*room = NULL;
	if (!writer_is_open(w))
		return CHANNEL_MISUSE;
	channel_writer_flush(w);
	writer_store(w);
	status = channel_reserve(w->ch, len, deadline, room);
	s->reserved = 0;
	writer_load(w);
	if (status != CHANNEL_OK)
		return status;
	w->kept = w->at;
	if (!writer_has(w, len))
		writer_bar_once(w);
	else
		/* As behind a short message that has all of it; others see to it themselves. */
		__atomic_store_n((uint64_t *)(void *)(w->at + ring_record(len)), 0,
				 __ATOMIC_RELAXED);
	*room = channel_writer_give(w, len);
	return CHANNEL_OK;
}

/* A batch begins, at the endpoint's cursor if its first message is the endpoint's to send. */
enum channel_status channel_writer_add_slow(struct channel_writer *w, size_t len)
{
	struct ring_sender *s = w->side;

	if (!writer_is_open(w))
		return CHANNEL_MISUSE;
	w->first = (void *)w->at;
	w->header = ring_header(RING_DATA, (uint32_t)len);
	writer_bar_once(w);
	if (writer_has(w, len)) {
		channel_writer_step(w, len);
		return CHANNEL_OK;
	}
	writer_place(w, s->cursor + ring_record(len));
	ring_count(&s->sent, 1);
	ring_count(&s->sent_bytes, len);
	return CHANNEL_OK;
}

/* Others were added before, or the side is barred. */
enum channel_status channel_writer_commit_slow(struct channel_writer *w, size_t len)
{
	enum channel_status status = channel_writer_add(w, len);

	return status == CHANNEL_OK ? channel_writer_flush(w) : status;
}

enum channel_status channel_writer_publish_slow(struct channel_writer *w, uint64_t *word,
						uint64_t header)
{
	struct ring_sender *s = w->side;
	uint32_t flag;

	if (!writer_is_open(w) || s->reason)
		return s->refused ? CHANNEL_CLOSED : CHANNEL_MISUSE;
	__atomic_store_n(&s->barred, s->barred & ~RING_BARRED_ONCE, __ATOMIC_RELAXED);
	__atomic_store_n((uint64_t *)(void *)w->at, 0, __ATOMIC_RELAXED);
	/* P1, as in channel_writer_publish. */
	__atomic_store_n(word, header, __ATOMIC_RELEASE);
	flag = bell_look(w->flag);
	return flag ? channel_writer_flagged(w, flag) : CHANNEL_OK;
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
	struct ring_receiver *side = r->side;

	/* Pointers into rings that were joined before say nothing of these. */
	if (!side->streamed)
		return;
	side->claimed += stream_ahead(side->memory, side->size, r->claimed, side->claimed);
	side->cursor += stream_ahead(side->memory, side->size, r->at, side->cursor);
	channel_reader_count(r);
}

/* The further look is due where the memory ends and where a portion of room is to be handed back.
 */
static void reader_load(struct channel_reader *r)
{
	struct ring_receiver *side = r->side;
	uint64_t place = side->cursor & (side->size - 1), portion = side->size / RING_ACK_SHARE;
	uint64_t held = side->cursor - side->acked, due = held < portion ? portion - held : 0;

	side->streamed = true;
	r->at = side->memory + place;
	r->counted = r->at;
	/* Once it is closed every look is a further one. */
	r->stop = r->at + (side->reason ? 0 : stream_less(side->size - place, due));
	/* What the lap before has left unclaimed stays so. */
	r->claimed = r->at - stream_less(side->cursor - side->claimed, place);
	channel_reader_look(r);
}

struct channel_reader channel_reader_open(struct channel *ch)
{
	/* As behind a message of no bytes: header and record always belong together. */
	struct channel_reader r = {
		.ch = ch,
		.side = &ch->rx,
		.header = ring_header(RING_DATA, 0),
		.record = RING_WORD,
	};

	ch->rx.held = 0;
	reader_load(&r);
	r.stop = r.at;
	channel_reader_look(&r);
	return r;
}

static void reader_hand_back(struct channel_reader *r)
{
	struct ring_receiver *side = r->side;

	if ((int64_t)(side->cursor - side->due) >= 0 && ring_release_due(side))
		endpoint_ack(r->ch);
}

void channel_reader_close(struct channel_reader *r)
{
	reader_store(r);
	reader_hand_back(r);
	r->held = false;
	r->stop = r->at;
	channel_reader_look(r);
	r->side->streamed = false;
}

enum channel_status channel_reader_next_slow(struct channel_reader *r, uint64_t deadline,
					     const void **msg, size_t *len)
{
	struct ring_receiver *side = r->side;
	enum channel_status status;

	reader_store(r);
	reader_hand_back(r);
	status = channel_peek(r->ch, deadline, msg, len);
	reader_load(r);
	r->held = status == CHANNEL_OK;
	if (r->held) {
		r->header = ring_header(RING_DATA, (uint32_t)*len);
		r->record = side->held;
		channel_reader_look(r);
	}
	side->held = 0;
	return status;
}
