/* SPDX-License-Identifier: MIT */
/*
 * Streams: the messages of channel.h for who sends or receives very many.
 *
 * A writer or a reader is the sending or the receiving side of an endpoint, held
 * in a variable of the caller, so that positions may stay in registers and most
 * calls are a few instructions. While one is open its side of the endpoint
 * belongs to it: channel_send, reserve and commit, or channel_recv, peek and
 * release, are not allowed until it is closed. What passes is the same messages;
 * the peer cannot tell.
 *
 *   struct channel_writer w = channel_writer_open(ch);
 *   channel_writer_room(&w, len, deadline, &room)   then fill room, then one of
 *   channel_writer_commit(&w, len)                  visible at once
 *   channel_writer_add(&w, len)                     visible with the next flush,
 *   channel_writer_flush(&w)                        or when room has to wait
 *   channel_writer_close(&w)
 *
 *   struct channel_reader r = channel_reader_open(ch);
 *   channel_reader_next(&r, deadline, &msg, &len)   then read msg
 *   channel_reader_done(&r)
 *   channel_reader_close(&r)
 *
 * Deadlines, statuses and what room and msg are: as channel.h has them. The
 * counters of channel_stats lag behind until the stream has to wait or is closed.
 * A component that ends with a writer open has sent what was committed or
 * flushed, and nothing else.
 */
#ifndef IPC_CHANNEL_STREAM_H
#define IPC_CHANNEL_STREAM_H

#include "ipc/ring.h"

struct channel_writer {
	unsigned char *memory;
	uint64_t size;
	uint64_t cursor; /* position of the next header */
	uint64_t stop;   /* no record may end behind this position */
	uint64_t first;  /* position of the first record added and not flushed, or the cursor */
	uint64_t header; /* of that record; in the ring the word is still 0 */
	uint64_t room;   /* bytes of payload there is room for, plus 1; 0 when none was asked for */
	uint64_t sent, sent_bytes; /* not yet in the counters */
	uint32_t *flag;
	struct channel *ch;
};

struct channel_reader {
	const unsigned char *memory;
	uint64_t size;
	uint64_t cursor;                   /* position of the next header, or of the message's */
	uint64_t ack;                      /* position behind which room is handed back */
	uint64_t record;                   /* bytes of the message's record; 0 when there is none */
	uint64_t received, received_bytes; /* not yet in the counters */
	struct channel *ch;
};

struct channel_writer channel_writer_open(struct channel *ch);
void channel_writer_close(struct channel_writer *w);
struct channel_reader channel_reader_open(struct channel *ch);
void channel_reader_close(struct channel_reader *r);

/* What the inline calls leave over. They are given copies: only then can a caller's stay in
 * registers. */
enum channel_status channel_writer_room_slow(struct channel_writer *w, size_t len,
					     uint64_t deadline, void **room);
enum channel_status channel_writer_look(struct channel_writer *w, uint32_t flag);
enum channel_status channel_reader_next_slow(struct channel_reader *r, uint64_t deadline,
					     const void **msg, size_t *len);
void channel_reader_ack(struct channel_reader *r);

static inline uint64_t *channel_writer_word(const struct channel_writer *w, uint64_t position)
{
	return ring_word(w->memory, w->size, position);
}

static inline enum channel_status channel_writer_room(struct channel_writer *w, size_t len,
						      uint64_t deadline, void **room)
{
	if (ring_rare(len > ring_max(w->size) || ring_record(len) > w->stop - w->cursor)) {
		struct channel_writer copy = *w;
		void *place = NULL;
		enum channel_status status = channel_writer_room_slow(&copy, len, deadline, &place);

		*w = copy;
		*room = place;
		return status;
	}
	w->room = len + 1;
	*room = channel_writer_word(w, w->cursor) + 1;
	return CHANNEL_OK;
}

/* The step past a record that has just got its header. */
static inline void channel_writer_step(struct channel_writer *w, size_t len)
{
	w->cursor += ring_record(len);
	w->room = 0;
	w->sent++;
	w->sent_bytes += len;
}

/* T2 and T3 of bell.h, behind what was published. */
static inline enum channel_status channel_writer_told(struct channel_writer *w)
{
	uint32_t flag = bell_look(w->flag);

	if (ring_rare(flag)) {
		struct channel_writer copy = *w;
		enum channel_status status = channel_writer_look(&copy, flag);

		*w = copy;
		return status;
	}
	return CHANNEL_OK;
}

/* Have the receiver see what was added, all at once. */
static inline enum channel_status channel_writer_flush(struct channel_writer *w)
{
	if (w->first == w->cursor)
		return CHANNEL_OK;
	/* P1 of all the records: those behind the first are reached through it alone. */
	__atomic_store_n(channel_writer_word(w, w->cursor), 0, __ATOMIC_RELAXED);
	__atomic_store_n(channel_writer_word(w, w->first), w->header, __ATOMIC_RELEASE);
	w->first = w->cursor;
	return channel_writer_told(w);
}

/* The room has a message of len bytes, which is to be seen with the next flush. */
static inline enum channel_status channel_writer_add(struct channel_writer *w, size_t len)
{
	uint64_t header = ring_header(RING_DATA, (uint32_t)len);

	if (ring_rare(len >= w->room))
		return CHANNEL_MISUSE;
	if (w->first == w->cursor)
		w->header = header;
	else
		__atomic_store_n(channel_writer_word(w, w->cursor), header, __ATOMIC_RELAXED);
	channel_writer_step(w, len);
	return CHANNEL_OK;
}

/* The room has a message of len bytes, which is to be seen now, with all before it. */
static inline enum channel_status channel_writer_commit(struct channel_writer *w, size_t len)
{
	uint64_t at = w->cursor;

	if (ring_rare(len >= w->room))
		return CHANNEL_MISUSE;
	if (ring_rare(w->first != w->cursor)) {
		channel_writer_add(w, len);
		return channel_writer_flush(w);
	}
	channel_writer_step(w, len);
	/* P1. */
	__atomic_store_n(channel_writer_word(w, w->cursor), 0, __ATOMIC_RELAXED);
	__atomic_store_n(channel_writer_word(w, at), ring_header(RING_DATA, (uint32_t)len),
			 __ATOMIC_RELEASE);
	w->first = w->cursor;
	return channel_writer_told(w);
}

static inline enum channel_status channel_reader_next(struct channel_reader *r, uint64_t deadline,
						      const void **msg, size_t *len)
{
	const uint64_t *word = (const void *)(r->memory + (r->cursor & (r->size - 1)));
	/* P2: acquires what P1 released. */
	uint64_t header = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	uint64_t length = (uint32_t)header, record = ring_record(length);

	if (ring_rare(r->record || header >> 32 != RING_DATA ||
		      record > ring_tail(r->size, r->cursor) || record > r->size / 2)) {
		struct channel_reader copy = *r;
		const void *place = NULL;
		size_t got = 0;
		enum channel_status status =
			channel_reader_next_slow(&copy, deadline, &place, &got);

		*r = copy;
		*msg = place;
		*len = got;
		return status;
	}
	r->record = record;
	r->received_bytes += length;
	*msg = word + 1;
	*len = length;
	return CHANNEL_OK;
}

/* Let go of the message that channel_reader_next gave. */
static inline enum channel_status channel_reader_done(struct channel_reader *r)
{
	if (ring_rare(!r->record))
		return CHANNEL_MISUSE;
	r->cursor += r->record;
	r->record = 0;
	r->received++;
	if (ring_rare(r->cursor >= r->ack)) {
		struct channel_reader copy = *r;

		channel_reader_ack(&copy);
		*r = copy;
	}
	return CHANNEL_OK;
}

#endif
