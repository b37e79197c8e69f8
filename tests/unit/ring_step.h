/* SPDX-License-Identifier: MIT */
/*
 * The calls of channel.h and channel_stream.h as steps of a walk (ring_walk.h). Each
 * is false where it is not allowed, or would be no news.
 */
#ifndef TESTS_UNIT_RING_STEP_H
#define TESTS_UNIT_RING_STEP_H

#include "tests/unit/ring_walk.h"

static inline bool walk_may_send(const struct walk *w)
{
	return !w->writing;
}

/* The reserve of a side that withholds a batch shows it when there is no room. */
static inline bool walk_reserve(struct walk *w, size_t len, void **room)
{
	enum channel_status status = channel_reserve(w->pair.a, len, CHANNEL_NOW, room);

	walk_judge_room(w, status, len);
	if (status == CHANNEL_AGAIN)
		walk_show_all(w);
	return status == CHANNEL_OK;
}

static inline bool step_send(struct walk *w, size_t len)
{
	void *room;

	if (!walk_may_send(w))
		return false;
	if (walk_reserve(w, len, &room)) {
		walk_fill(w, room, len);
		assert_int_equal(channel_commit(w->pair.a, len), CHANNEL_OK);
		walk_sent(w, len, true);
	}
	return true;
}

static inline bool step_send_less(struct walk *w, size_t len)
{
	size_t most = ring_max(w->pair.there.size);
	void *room;

	if (!walk_may_send(w) || len == most)
		return false;
	if (walk_reserve(w, most, &room)) {
		memset(room, 0xee, most);
		assert_int_equal(channel_commit(w->pair.a, most + 1), CHANNEL_MISUSE);
		walk_fill(w, room, len);
		assert_int_equal(channel_commit(w->pair.a, len), CHANNEL_OK);
		walk_sent(w, len, true);
	}
	return true;
}

static inline bool step_send_parts(struct walk *w, size_t len)
{
	unsigned char bytes[WALK_SIZE_MAX];
	struct channel_part parts[] = {
		{bytes, len / 3}, {NULL, 0}, {bytes + len / 3, len - len / 3}};
	enum channel_status status;

	if (!walk_may_send(w))
		return false;
	walk_fill(w, bytes, len);
	status = channel_sendv(w->pair.a, parts, 3, CHANNEL_NOW);
	if (status == CHANNEL_OK)
		walk_sent(w, len, true);
	else
		walk_judge_room(w, status, len);
	if (status == CHANNEL_AGAIN)
		walk_show_all(w);
	return true;
}

static inline bool step_send_quietly(struct walk *w, size_t len)
{
	void *room;

	if (!walk_may_send(w))
		return false;
	if (walk_reserve(w, len, &room)) {
		walk_fill(w, room, len);
		assert_int_equal(channel_commit_quiet(w->pair.a, len), CHANNEL_OK);
		walk_sent(w, len, false);
	}
	return true;
}

static inline bool step_flush(struct walk *w, size_t len)
{
	enum channel_status status;

	if (!walk_may_send(w) || len)
		return false;
	status = channel_flush(w->pair.a);
	if (w->list.finished)
		assert_int_equal(status, CHANNEL_CLOSED);
	else if (!w->list.refused || w->list.visible == w->list.count)
		assert_in_range(status, CHANNEL_OK, w->list.refused ? CHANNEL_CLOSED : CHANNEL_OK);
	else
		assert_int_equal(status, CHANNEL_CLOSED);
	walk_show_all(w);
	return true;
}

static inline bool step_writer_open(struct walk *w, size_t len)
{
	if (w->writing || w->pair.a->tx.withheld || len)
		return false;
	w->writer = channel_writer_open(w->pair.a);
	w->writing = true;
	return true;
}

static inline bool step_writer_close(struct walk *w, size_t len)
{
	if (!w->writing || len)
		return false;
	channel_writer_close(&w->writer);
	w->writing = false;
	walk_show_all(w);
	return true;
}

static inline bool walk_writer_room(struct walk *w, size_t len, void **room)
{
	enum channel_status status = channel_writer_room(&w->writer, len, CHANNEL_NOW, room);

	walk_judge_room(w, status, len);
	/* It may have flushed, to ask for room. */
	if (!w->writer.first)
		walk_show_all(w);
	return status == CHANNEL_OK;
}

static inline bool step_writer_commit(struct walk *w, size_t len)
{
	enum channel_status status;
	void *room;

	if (!w->writing)
		return false;
	if (walk_writer_room(w, len, &room)) {
		walk_fill(w, room, len);
		assert_int_equal(channel_writer_commit(&w->writer, len + 1), CHANNEL_MISUSE);
		status = channel_writer_commit(&w->writer, len);
		assert_int_equal(status, w->list.refused ? CHANNEL_CLOSED : CHANNEL_OK);
		walk_sent(w, len, true);
	}
	return true;
}

static inline bool step_writer_add(struct walk *w, size_t len)
{
	size_t most = ring_max(w->pair.there.size);
	void *room;

	if (!w->writing)
		return false;
	if (walk_writer_room(w, len + 8 <= most ? len + 8 : len, &room)) {
		walk_fill(w, room, len);
		assert_int_equal(channel_writer_add(&w->writer, len), CHANNEL_OK);
		walk_sent(w, len, false);
	}
	return true;
}

static inline bool step_writer_flush(struct walk *w, size_t len)
{
	if (!w->writing || len)
		return false;
	channel_writer_flush(&w->writer);
	walk_show_all(w);
	return true;
}

static inline bool step_finish(struct walk *w, size_t len)
{
	if (!walk_may_send(w) || w->list.finished || len)
		return false;
	channel_finish(w->pair.a);
	w->list.finished = true;
	walk_show_all(w);
	return true;
}

static inline bool step_refuse(struct walk *w, size_t len)
{
	if (w->reading || w->list.refused || len)
		return false;
	channel_close(w->pair.b);
	w->list.refused = true;
	return true;
}

static inline bool step_peek(struct walk *w, size_t len)
{
	const void *msg = NULL;
	enum channel_status status;

	if (w->reading || len)
		return false;
	status = channel_peek(w->pair.b, CHANNEL_NOW, &msg, &len);
	walk_judge_peek(w, status, msg, len);
	return true;
}

static inline bool step_release(struct walk *w, size_t len)
{
	if (w->reading || len)
		return false;
	if (!w->list.held || w->list.refused) {
		assert_int_equal(channel_release(w->pair.b), CHANNEL_MISUSE);
		return false;
	}
	assert_int_equal(channel_release(w->pair.b), CHANNEL_OK);
	walk_released(w);
	return true;
}

static inline bool step_reader_open(struct walk *w, size_t len)
{
	if (w->reading || len)
		return false;
	w->reader = channel_reader_open(w->pair.b);
	w->reading = true;
	w->list.held = false;
	return true;
}

static inline bool step_reader_next(struct walk *w, size_t len)
{
	const void *msg = NULL;
	enum channel_status status;

	if (!w->reading || len)
		return false;
	status = channel_reader_next(&w->reader, CHANNEL_NOW, &msg, &len);
	walk_judge_peek(w, status, msg, len);
	return true;
}

static inline bool step_reader_done(struct walk *w, size_t len)
{
	if (!w->reading || len)
		return false;
	if (!w->list.held) {
		assert_int_equal(channel_reader_done(&w->reader), CHANNEL_MISUSE);
		return false;
	}
	assert_int_equal(channel_reader_done(&w->reader), CHANNEL_OK);
	walk_released(w);
	return true;
}

static inline bool step_reader_close(struct walk *w, size_t len)
{
	if (!w->reading || len)
		return false;
	channel_reader_close(&w->reader);
	w->reading = false;
	w->list.held = false;
	return true;
}

#endif
