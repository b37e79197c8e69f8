/* SPDX-License-Identifier: MIT */
/*
 * Streams: the messages of channel.h for who sends or receives very many.
 *
 * A writer or a reader is the sending or the receiving side of an endpoint, held
 * in a variable of the caller, so that positions may stay in registers and most
 * calls are a few instructions. While one is open its side of the endpoint
 * belongs to it: channel_send, reserve and commit, or channel_recv, peek and
 * release, are not allowed until it is closed, nor is waiting for that side in a
 * set. What passes is the same messages; the peer cannot tell.
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
 *
 * A batch of channel_commit_quiet is flushed before a writer is opened, and none
 * begins before that is closed: until then the other answers CHANNEL_MISUSE.
 */
#ifndef IPC_CHANNEL_STREAM_H
#define IPC_CHANNEL_STREAM_H

#include "ipc/ring.h"

/* Pointers are into the ring; a lap is once through its memory. */
struct channel_writer {
	unsigned char *at;   /* where the next header will be */
	unsigned char *stop; /* no record may end behind */
	unsigned char *end;  /* of the memory */
	/* Of the first message added and not flushed; its word in the ring is still 0. */
	uint64_t *first; /* NULL: there is none */
	uint64_t header;
	uint64_t room; /* bytes of payload there is room for, plus 1; 0: none was asked for */
	uint64_t sent, sent_bytes; /* not yet in the counters */
	unsigned char *memory;
	uint32_t *flag;
	uint64_t lap; /* position of the memory's first byte in this lap */
	uint64_t max; /* bytes of the largest record */
	struct channel *ch;
};

struct channel_reader {
	const unsigned char *at; /* the next header, or that of the message held */
	/* No record may end behind without a further look; one that had it may have. */
	const unsigned char *stop;
	/* The kind of message that came last; most often the next is the same. */
	uint64_t header;
	uint64_t record; /* bytes of its record */
	uint64_t run;    /* how many of them came, not yet in the counters */
	bool held;
	const unsigned char *memory;
	uint64_t lap;
	uint64_t max;                      /* bytes of the largest record */
	uint64_t received, received_bytes; /* of earlier runs, not yet in the counters */
	struct channel *ch;
};

struct channel_writer channel_writer_open(struct channel *ch);
void channel_writer_close(struct channel_writer *w);
struct channel_reader channel_reader_open(struct channel *ch);
void channel_reader_close(struct channel_reader *r);

/*
 * What the inline calls leave over. They are given copies: the address of a
 * caller's variable would keep it out of registers.
 */
enum channel_status channel_writer_room_slow(struct channel_writer *w, size_t len,
					     uint64_t deadline, void **room);
enum channel_status channel_writer_flagged(struct channel_writer *w, uint32_t flag);
enum channel_status channel_reader_next_slow(struct channel_reader *r, uint64_t deadline,
					     const void **msg, size_t *len);

/* Bytes ahead of a writer whose lines it asks for, so that they come while it still fills others.
 */
#define CHANNEL_AHEAD 2048
#define CHANNEL_AHEAD_MOST 512 /* of longer messages the processor does so by itself */
#define CHANNEL_LINE 64

/*
 * The lines are the receiver's from the lap before, and stores get hold of them
 * one after the other only. Beyond the memory's end this asks in vain.
 */
static inline void channel_writer_ahead(const struct channel_writer *w, size_t len)
{
	const unsigned char *ahead = w->at + CHANNEL_AHEAD;

	for (size_t at = 0; at <= len && at < CHANNEL_AHEAD_MOST; at += CHANNEL_LINE)
		__builtin_prefetch(ahead + at, 1);
}

static inline enum channel_status channel_writer_room(struct channel_writer *w, size_t len,
						      uint64_t deadline, void **room)
{
	/* The length is compared first: a record's must not wrap. */
	if (ring_rare(len > w->max || ring_record(len) > (uint64_t)(w->stop - w->at))) {
		struct channel_writer copy = *w;
		void *place = NULL;
		enum channel_status status = channel_writer_room_slow(&copy, len, deadline, &place);

		*w = copy;
		*room = place;
		return status;
	}
	channel_writer_ahead(w, len);
	w->room = len + 1;
	*room = w->at + RING_WORD;
	return CHANNEL_OK;
}

/* The step past a record; where it ends with the memory, the next asks for room the slow way. */
static inline void channel_writer_step(struct channel_writer *w, size_t len)
{
	w->at += ring_record(len);
	if (ring_rare(w->at == w->end)) {
		w->lap += (uint64_t)(w->end - w->memory);
		w->at = w->stop = w->memory;
	}
	w->room = 0;
	w->sent++;
	w->sent_bytes += len;
}

static inline enum channel_status channel_writer_publish(struct channel_writer *w, uint64_t *word,
							 uint64_t header)
{
	uint32_t flag;

	/* P1 of the record, and of those behind it, which are reached through it alone. */
	__atomic_store_n((uint64_t *)(void *)w->at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(word, header, __ATOMIC_RELEASE);
	flag = bell_look(w->flag);
	if (ring_rare(flag)) {
		struct channel_writer copy = *w;
		enum channel_status status = channel_writer_flagged(&copy, flag);

		*w = copy;
		return status;
	}
	return CHANNEL_OK;
}

/* Have the receiver see what was added, all at once. */
static inline enum channel_status channel_writer_flush(struct channel_writer *w)
{
	uint64_t *first = w->first;

	if (!first)
		return CHANNEL_OK;
	w->first = NULL;
	return channel_writer_publish(w, first, w->header);
}

/* The room has a message of len bytes, which is to be seen with the next flush. */
static inline enum channel_status channel_writer_add(struct channel_writer *w, size_t len)
{
	uint64_t header = ring_header(RING_DATA, (uint32_t)len), *word = (void *)w->at;

	if (ring_rare(len >= w->room))
		return CHANNEL_MISUSE;
	if (w->first) {
		__atomic_store_n(word, header, __ATOMIC_RELAXED);
	} else {
		w->first = word;
		w->header = header;
	}
	channel_writer_step(w, len);
	return CHANNEL_OK;
}

/* The room has a message of len bytes, which is to be seen now, with all before it. */
static inline enum channel_status channel_writer_commit(struct channel_writer *w, size_t len)
{
	uint64_t *word = (void *)w->at;

	if (ring_rare(len >= w->room))
		return CHANNEL_MISUSE;
	if (ring_rare(w->first != NULL)) {
		channel_writer_add(w, len);
		return channel_writer_flush(w);
	}
	channel_writer_step(w, len);
	return channel_writer_publish(w, word, ring_header(RING_DATA, (uint32_t)len));
}

/* A message of another length than the one before it: whether it can be one, at this place. */
static inline bool channel_reader_turn(struct channel_reader *r, uint64_t header)
{
	uint64_t record = ring_record((uint32_t)header);

	if (header >> 32 != RING_DATA || (int64_t)record > r->stop - r->at || record > r->max)
		return false;
	r->received += r->run;
	r->received_bytes += r->run * (uint32_t)r->header;
	r->run = 0;
	r->header = header;
	r->record = record;
	return true;
}

/* Whether the next message is there and needs no further look. */
static inline bool channel_reader_try(struct channel_reader *r)
{
	uint64_t header;

	if (ring_rare((int64_t)r->record > r->stop - r->at || r->held))
		return false;
	/* P2: acquires what P1 released. */
	header = __atomic_load_n((const uint64_t *)(const void *)r->at, __ATOMIC_ACQUIRE);
	/* By prediction, not by arithmetic: else each message would wait for the one before. */
	return header == r->header || channel_reader_turn(r, header);
}

static inline enum channel_status channel_reader_next(struct channel_reader *r, uint64_t deadline,
						      const void **msg, size_t *len)
{
	if (ring_rare(!channel_reader_try(r))) {
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
	r->held = true;
	*msg = r->at + RING_WORD;
	*len = (uint32_t)r->header;
	return CHANNEL_OK;
}

/* Let go of the message that channel_reader_next gave. */
static inline enum channel_status channel_reader_done(struct channel_reader *r)
{
	if (ring_rare(!r->held))
		return CHANNEL_MISUSE;
	r->at += r->record;
	r->held = false;
	r->run++;
	return CHANNEL_OK;
}

#endif
