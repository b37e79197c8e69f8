/* SPDX-License-Identifier: MIT */
/*
 * A channel over a tiny ring beside what it should be: a plain list of messages.
 * Each step is a call of channel.h or channel_stream.h on both, compared; the
 * whole can be saved, restored, and told from others, so that a test can walk
 * through every state there is.
 */
#ifndef TESTS_UNIT_RING_WALK_H
#define TESTS_UNIT_RING_WALK_H

#include "ipc/channel_stream.h"
#include "tests/unit/ring_pair.h"

#define WALK_SIZE_MAX 1024
#define WALK_MESSAGES                                                                              \
	(WALK_SIZE_MAX / 8 + 1) /* more than the smallest records of any ring here                 \
				 */

struct walk_message {
	uint16_t len;
	uint8_t id;
};

/* What the ring should hold. */
struct walk_list {
	struct walk_message messages[WALK_MESSAGES];
	uint8_t count;   /* sent and not received */
	uint8_t visible; /* of them the receiver may see */
	uint8_t next;    /* id of the next message */
	bool held;       /* the first one is peeked */
	bool finished, refused;
};

/* All of a state that matters. Pointers in it stay good: everything is restored in its place. */
struct walk_state {
	uint64_t memory[WALK_SIZE_MAX / 8];
	struct ring_control control;
	struct ring_sender sender;
	struct ring_receiver receiver;
	struct channel_writer writer;
	struct channel_reader reader;
	bool writing, reading;
	struct walk_list list;
};

struct walk {
	struct channel_pair pair;
	struct channel_writer writer;
	struct channel_reader reader;
	bool writing, reading; /* one is open */
	struct walk_list list;
	uint64_t start;
};

static inline void walk_begin(struct walk *w, uint64_t size, uint64_t start)
{
	*w = (struct walk){.start = start};
	channel_pair_init(&w->pair, size, start);
}

static inline void walk_end(struct walk *w)
{
	channel_pair_free(&w->pair);
}

static inline void walk_save(const struct walk *w, struct walk_state *s)
{
	memcpy(s->memory, w->pair.there.memory, w->pair.there.size);
	s->control = *w->pair.there.control;
	s->sender = w->pair.a->tx;
	s->receiver = w->pair.b->rx;
	s->writer = w->writer;
	s->reader = w->reader;
	s->writing = w->writing;
	s->reading = w->reading;
	s->list = w->list;
}

static inline void walk_restore(struct walk *w, const struct walk_state *s)
{
	memcpy(w->pair.there.memory, s->memory, w->pair.there.size);
	*w->pair.there.control = s->control;
	w->pair.a->tx = s->sender;
	w->pair.b->rx = s->receiver;
	w->writer = s->writer;
	w->reader = s->reader;
	w->writing = s->writing;
	w->reading = s->reading;
	w->list = s->list;
}

/* Where the sender stands, also while a writer has its position, less than a lap ahead. */
static inline uint64_t walk_cursor(const struct walk *w)
{
	const struct ring_sender *s = &w->pair.a->tx;
	uint64_t place = (uint64_t)(w->writer.at - s->memory);

	return w->writing ? s->cursor + ((place - s->cursor) & (s->size - 1)) : s->cursor;
}

/*
 * The payload looks like headers of all kinds: one that is left over from an
 * earlier lap and read as a header is a message, or an end, that nobody sent.
 */
static inline uint64_t walk_word(uint8_t id, size_t at)
{
	static const uint64_t words[] = {
		UINT64_C(1) << 32,
		UINT64_C(3) << 32 | CHANNEL_FINISHED,
		UINT64_C(1) << 32 | 8,
		UINT64_C(2) << 32,
		UINT64_MAX,
	};

	return words[(id + at / 8) % (sizeof(words) / sizeof(words[0]))];
}

static inline unsigned char walk_byte(uint8_t id, size_t at)
{
	return (unsigned char)(walk_word(id, at) >> 8 * (at % 8));
}

static inline void walk_fill(struct walk *w, void *room, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)room)[i] = walk_byte(w->list.next, i);
}

/* A message was taken by the channel: visible at once, or withheld. */
static inline void walk_sent(struct walk *w, size_t len, bool visible)
{
	struct walk_list *l = &w->list;

	assert_true(l->count < WALK_MESSAGES);
	l->messages[l->count++] = (struct walk_message){(uint16_t)len, l->next};
	l->next = (uint8_t)((l->next + 1) % 5);
	if (visible)
		l->visible = l->count;
}

static inline void walk_show_all(struct walk *w)
{
	w->list.visible = w->list.count;
}

/*
 * Whether the answer to a wish for room for len bytes may be this one. There is
 * to be room when a pad and the record fit behind what was not handed back.
 */
static inline void walk_judge_room(struct walk *w, enum channel_status status, size_t len)
{
	uint64_t used = walk_cursor(w) - w->pair.there.control->acked;

	/* A writer that needs no further look learns it from its commit. */
	if (w->list.refused && w->writing && status == CHANNEL_OK)
		return;
	if (w->list.refused || w->list.finished)
		assert_int_equal(status, CHANNEL_CLOSED);
	else if (len > ring_max(w->pair.there.size))
		assert_int_equal(status, CHANNEL_TOO_BIG);
	else if (used + 2 * ring_record(len) <= w->pair.there.size)
		assert_int_equal(status, CHANNEL_OK);
	else if (status != CHANNEL_OK)
		assert_int_equal(status, CHANNEL_AGAIN);
}

/* What the receiver was given is the first of the list. */
static inline void walk_judge_message(struct walk *w, const void *msg, size_t len)
{
	const struct walk_message *first = &w->list.messages[0];

	assert_true(w->list.visible > 0);
	assert_int_equal(len, first->len);
	assert_in_range((uintptr_t)msg, (uintptr_t)w->pair.there.memory,
			(uintptr_t)w->pair.there.memory + w->pair.there.size - len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(((const unsigned char *)msg)[i], walk_byte(first->id, i));
	w->list.held = true;
}

/* The answer to a wish for a message. */
static inline void walk_judge_peek(struct walk *w, enum channel_status status, const void *msg,
				   size_t len)
{
	if (w->list.refused)
		assert_int_equal(status, CHANNEL_CLOSED);
	else if (status == CHANNEL_OK)
		walk_judge_message(w, msg, len);
	else
		assert_int_equal(w->list.visible, 0);
	if (status == CHANNEL_CLOSED && !w->list.refused)
		assert_true(w->list.finished && !w->list.count);
	/* Who finds nothing has handed all room back. */
	if (status == CHANNEL_AGAIN)
		assert_int_equal(w->pair.there.control->acked, w->pair.b->rx.cursor);
}

static inline void walk_released(struct walk *w)
{
	struct walk_list *l = &w->list;

	memmove(l->messages, l->messages + 1, sizeof(l->messages) - sizeof(l->messages[0]));
	memset(&l->messages[WALK_MESSAGES - 1], 0, sizeof(l->messages[0]));
	l->count--;
	l->visible--;
	l->held = false;
}

static inline uint64_t walk_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b9) + (hash >> 29);
	return (hash ^ hash >> 31) * UINT64_C(0x85ebca6b) + value;
}

/*
 * A number for the state: the same for two that cannot be told apart but by how
 * often they went around, or by what the messages say.
 */
static inline uint64_t walk_hash(const struct walk *w)
{
	const struct ring_sender *s = &w->pair.a->tx;
	const struct ring_receiver *r = &w->pair.b->rx;
	const struct channel_writer *out = &w->writer;
	const struct channel_reader *in = &w->reader;
	uint64_t size = s->size, base = w->pair.there.control->acked, hash = size;
	uintptr_t memory = (uintptr_t)w->pair.there.memory;
	const uint64_t fields[] = {
		(base - w->start) % (4 * size),
		s->cursor - base,
		s->limit - base,
		s->reserved,
		s->withheld,
		s->withheld ? s->batch - base : 0,
		s->reason,
		s->refused,
		s->streamed,
		s->barred,
		r->cursor - base,
		r->acked - base,
		r->claimed - base,
		r->due - base,
		r->held,
		r->reason,
		w->pair.there.control->flag.receiver,
		w->writing ? (uintptr_t)out->at - memory : UINT64_MAX,
		w->writing ? (uintptr_t)out->stop - memory : 0,
		w->writing && out->first ? (uintptr_t)out->first - memory : 0,
		w->writing ? (uintptr_t)out->clear - memory : 0,
		w->writing ? out->room : 0,
		w->writing && out->room ? (uintptr_t)out->kept - memory : 0,
		w->reading ? (uintptr_t)in->at - memory : UINT64_MAX,
		w->reading ? (uintptr_t)in->stop - memory : 0,
		w->reading ? (uintptr_t)in->claimed - memory : 0,
		w->reading ? in->header : 0,
		w->reading && in->held,
		w->list.visible,
		w->list.held,
		w->list.finished,
		w->list.refused,
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		hash = walk_mix(hash, fields[i]);
	for (size_t i = 0; i < w->list.count; i++)
		hash = walk_mix(hash, w->list.messages[i].len);
	return hash;
}

#endif
