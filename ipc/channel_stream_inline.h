/* SPDX-License-Identifier: MIT */
/*
 * The calls of streams that are inline; only channel_stream.h includes this. What they do
 * for each message is little enough that a comparison more, or a register too few, shows.
 */
#ifndef IPC_CHANNEL_STREAM_INLINE_H
#define IPC_CHANNEL_STREAM_INLINE_H

#include "ipc/channel_stream.h"

/*
 * What the inline calls leave over. They are given copies: the address of a
 * caller's variable would keep it out of registers.
 */
#define CHANNEL_SLOW __attribute__((cold)) enum channel_status

CHANNEL_SLOW channel_writer_room_slow(struct channel_writer *w, size_t len, uint64_t deadline,
				      void **room);
CHANNEL_SLOW channel_writer_add_slow(struct channel_writer *w, size_t len);
CHANNEL_SLOW channel_writer_commit_slow(struct channel_writer *w, size_t len);
CHANNEL_SLOW channel_writer_publish_slow(struct channel_writer *w, uint64_t *word, uint64_t header);
CHANNEL_SLOW channel_writer_flagged(struct channel_writer *w, uint32_t flag);

CHANNEL_SLOW channel_reader_next_slow(struct channel_reader *r, uint64_t deadline, const void **msg,
				      size_t *len);

/* In part inline they would be given the address after all. */
#define CHANNEL_INLINE static inline __attribute__((always_inline))

/* Once in several messages: out of the way of the others. */
CHANNEL_INLINE bool channel_seldom(bool condition)
{
	return __builtin_expect_with_probability(condition, 0, 0.999);
}

/* Bytes ahead of a writer whose lines it asks for, so that they come while it still fills others.
 */
#define CHANNEL_AHEAD 2048
#define CHANNEL_AHEAD_MOST 512 /* of longer messages the processor does so by itself */

/*
 * The reader claims lines as many at a time: each time the processor foresees wrongly, if
 * the messages are short, that there is nothing to claim.
 */
#define CHANNEL_CLAIM UINT64_C(1024)

/* Of short messages many words would be set to 0, one by one; so are those of many messages. */
#define CHANNEL_SHORT 32
#define CHANNEL_CLEAR 256
typedef uint64_t channel_block
	__attribute__((vector_size(CHANNEL_CLEAR / 4), aligned(8), may_alias));

/*
 * The lines are the receiver's from the lap before, and stores get hold of them
 * one after the other only. Beyond the memory's end this asks in vain.
 */
CHANNEL_INLINE void channel_writer_ahead(const struct channel_writer *w, size_t len)
{
	const unsigned char *ahead = w->at + CHANNEL_AHEAD;

	for (size_t at = 0; at <= len && at < CHANNEL_AHEAD_MOST; at += RING_LINE)
		ring_ask(ahead + at);
}

/*
 * The invariant of ring.h, for short messages: the word at the cursor is 0 as soon as
 * there is room for them, and many behind it. Whether there is a record's room.
 */
CHANNEL_INLINE bool channel_writer_clear(struct channel_writer *w)
{
	unsigned char *last = w->clear < w->at ? w->at : w->clear;
	channel_block *blocks = (channel_block *)(void *)(last + RING_WORD);

	if (w->stop - last < CHANNEL_CLEAR)
		return false;
	channel_writer_ahead(w, CHANNEL_CLEAR - RING_LINE);
	for (unsigned i = 0; i < CHANNEL_CLEAR / sizeof(*blocks); i++)
		blocks[i] = (channel_block){0};
	/* The next ones begin with a line. */
	w->clear = (unsigned char *)(((uintptr_t)blocks + CHANNEL_CLEAR) & ~(RING_LINE - 1)) -
		   RING_WORD;
	return true;
}

/* Whether there is room for a record; behind a short one there is a word that is 0. */
CHANNEL_INLINE bool channel_writer_fits(struct channel_writer *w, size_t len)
{
	/* The length is compared first: a record's must not wrap. */
	if (len >= CHANNEL_SHORT)
		return len <= RING_MAX_BYTES && (int64_t)ring_record(len) <= w->stop - w->at;
	if (ring_rare(w->at + ring_record(len) > w->clear))
		return channel_writer_clear(w);
	return true;
}

/* Words that were 0 will be the caller's. */
CHANNEL_INLINE void *channel_writer_give(struct channel_writer *w, size_t len)
{
	w->clear = w->at;
	w->room = len + 1;
	return w->at + RING_WORD;
}

CHANNEL_INLINE enum channel_status channel_writer_room(struct channel_writer *w, size_t len,
						       uint64_t deadline, void **room)
{
	if (ring_rare(!channel_writer_fits(w, len))) {
		struct channel_writer copy = *w;
		void *given;
		enum channel_status status = channel_writer_room_slow(&copy, len, deadline, &given);

		*w = copy;
		*room = given;
		return status;
	}
	if (len >= CHANNEL_SHORT)
		channel_writer_ahead(w, len);
	w->kept = w->clear;
	*room = channel_writer_give(w, len);
	return CHANNEL_OK;
}

/*
 * How many records there are in so many bytes. A division costs more than a message;
 * lengths that change do so at each.
 */
CHANNEL_INLINE uint64_t channel_run(uint64_t bytes, uint64_t record)
{
	return bytes == record ? 1 : bytes / record;
}

/* All before `at` go to the counters. */
CHANNEL_INLINE void channel_writer_count(struct channel_writer *w)
{
	uint64_t run = channel_run((uint64_t)(w->at - w->counted), ring_record(w->kind));

	ring_count(&w->side->sent, run);
	ring_count(&w->side->sent_bytes, run * w->kind);
	w->counted = w->at;
}

/* A message of another length than the one before it. */
CHANNEL_INLINE void channel_writer_turn(struct channel_writer *w, size_t len)
{
	channel_writer_count(w);
	w->kind = len;
}

/*
 * The step past a record; what the caller may have written behind it is not 0. Whether
 * the word there is.
 */
CHANNEL_INLINE bool channel_writer_step(struct channel_writer *w, size_t len)
{
	bool clear = w->room == len + 1 && len < CHANNEL_SHORT;

	if (channel_seldom(len != w->kind))
		channel_writer_turn(w, len);
	if (clear)
		w->clear = w->kept;
	w->at += ring_record(len);
	w->room = 0;
	return clear;
}

/*
 * All before `at` is to be seen, and the side is not barred; the word is that of the
 * first record that is not yet. Whether the word at `at` is 0 already.
 */
CHANNEL_INLINE enum channel_status channel_writer_publish(struct channel_writer *w, uint64_t *word,
							  uint64_t header, bool clear)
{
	uint32_t flag;

	if (!clear)
		__atomic_store_n((uint64_t *)(void *)w->at, 0, __ATOMIC_RELAXED);
	/* P1 of the record, and of those behind it, which are reached through it alone. */
	__atomic_store_n(word, header, __ATOMIC_RELEASE);
	flag = bell_look_unfenced(w->flag);
	if (ring_rare(flag)) {
		struct channel_writer copy = *w;
		enum channel_status status = channel_writer_flagged(&copy, flag);

		*w = copy;
		return status;
	}
	return CHANNEL_OK;
}

CHANNEL_INLINE unsigned channel_writer_barred(const struct channel_writer *w)
{
	return __atomic_load_n(&w->side->barred, __ATOMIC_RELAXED);
}

/* Have the receiver see what was added, all at once. */
CHANNEL_INLINE enum channel_status channel_writer_flush(struct channel_writer *w)
{
	uint64_t *first = w->first;

	if (!first)
		return CHANNEL_OK;
	w->first = NULL;
	if (ring_rare(channel_writer_barred(w) != RING_BARRED_ONCE)) {
		struct channel_writer copy = *w;
		enum channel_status status = channel_writer_publish_slow(&copy, first, w->header);

		*w = copy;
		return status;
	}
	__atomic_store_n(&w->side->barred, 0, __ATOMIC_RELAXED);
	return channel_writer_publish(w, first, w->header, false);
}

/* The room has a message of len bytes, which is to be seen with the next flush. */
CHANNEL_INLINE enum channel_status channel_writer_add(struct channel_writer *w, size_t len)
{
	uint64_t header = ring_header(RING_DATA, (uint32_t)len), *word = (void *)w->at;

	if (ring_rare(len >= w->room))
		return CHANNEL_MISUSE;
	if (w->first) {
		__atomic_store_n(word, header, __ATOMIC_RELAXED);
	} else if (ring_rare(channel_writer_barred(w))) {
		struct channel_writer copy = *w;
		enum channel_status status = channel_writer_add_slow(&copy, len);

		*w = copy;
		return status;
	} else {
		w->first = word;
		w->header = header;
		__atomic_store_n(&w->side->barred, RING_BARRED_ONCE, __ATOMIC_RELAXED);
	}
	channel_writer_step(w, len);
	return CHANNEL_OK;
}

/* The room has a message of len bytes, which is to be seen now, with all before it. */
CHANNEL_INLINE enum channel_status channel_writer_commit(struct channel_writer *w, size_t len)
{
	uint64_t *word = (void *)w->at;
	bool clear;

	if (ring_rare(len >= w->room))
		return CHANNEL_MISUSE;
	if (ring_rare(channel_writer_barred(w))) {
		struct channel_writer copy = *w;
		enum channel_status status = channel_writer_commit_slow(&copy, len);

		*w = copy;
		return status;
	}
	clear = channel_writer_step(w, len);
	return channel_writer_publish(w, word, ring_header(RING_DATA, (uint32_t)len), clear);
}

/*
 * Behind a change of what it is made of. Before `stop` is less than half the ring, so as
 * numbers the places before and behind cannot wrap.
 */
CHANNEL_INLINE void channel_reader_look(struct channel_reader *r)
{
	uintptr_t last = (uintptr_t)r->stop - r->record;
	uintptr_t claim = (uintptr_t)r->claimed + CHANNEL_CLAIM - RING_WORD;

	r->due = (const unsigned char *)(last < claim ? last : claim);
}

/* ring_claim, of whole portions of lines. */
CHANNEL_INLINE void channel_reader_claim(struct channel_reader *r)
{
	if (ring_rare(r->at - r->claimed > (int64_t)RING_CLAIM_MOST))
		r->claimed += ((uint64_t)(r->at - r->claimed) - RING_CLAIM_MOST) & ~(RING_LINE - 1);
	while (r->at - r->claimed >= (int64_t)CHANNEL_CLAIM) {
		for (uint64_t at = RING_LINE; at <= CHANNEL_CLAIM; at += RING_LINE)
			ring_claim_word((uint64_t *)(void *)(r->claimed + at - RING_WORD));
		r->claimed += CHANNEL_CLAIM;
	}
}

/* All before `at` go to the counters. */
CHANNEL_INLINE void channel_reader_count(struct channel_reader *r)
{
	uint64_t run = channel_run((uint64_t)(r->at - r->counted), r->record);

	ring_count(&r->side->received, run);
	ring_count(&r->side->received_bytes, run * (uint32_t)r->header);
	r->counted = r->at;
}

/* A message of another length than the one before it: whether it can be one, at this place. */
CHANNEL_INLINE bool channel_reader_turn(struct channel_reader *r, uint64_t header)
{
	uint64_t record = ring_record((uint32_t)header);

	/* Before `stop` is less than half the ring, which a record has at most. */
	if (header >> 32 != RING_DATA || (int64_t)record > r->stop - r->at)
		return false;
	channel_reader_count(r);
	r->header = header;
	r->record = record;
	channel_reader_look(r);
	return true;
}

/* Whether that is all: the next message, if it is there, is the reader's to take. */
CHANNEL_INLINE bool channel_reader_further(struct channel_reader *r)
{
	/* The rings may be others' by now. */
	if (ring_rare(!r->side->streamed))
		return false;
	channel_reader_claim(r);
	channel_reader_look(r);
	return r->at <= r->due;
}

/* Whether the next message is there and is the reader's to take. */
CHANNEL_INLINE bool channel_reader_try(struct channel_reader *r)
{
	uint64_t header;

	if (channel_seldom(r->at > r->due) && !channel_reader_further(r))
		return false;
	/* P2: acquires what P1 released. */
	header = __atomic_load_n((const uint64_t *)(const void *)r->at, __ATOMIC_ACQUIRE);
	/* By prediction, not by arithmetic: else each message would wait for the one before. */
	if (ring_rare(header != r->header))
		return channel_reader_turn(r, header);
	return true;
}

CHANNEL_INLINE enum channel_status channel_reader_next(struct channel_reader *r, uint64_t deadline,
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
CHANNEL_INLINE enum channel_status channel_reader_done(struct channel_reader *r)
{
	if (ring_rare(!r->held))
		return CHANNEL_MISUSE;
	r->at += r->record;
	r->held = false;
	return CHANNEL_OK;
}

#endif
