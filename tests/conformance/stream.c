/* SPDX-License-Identifier: MIT */
/* Writers and readers pass the same messages as all other calls. */
#include "tests/conformance/conformance.h"

#define COUNT(s) (80 + 10 * (s)->rounds)

/* Room for more than the message has, by little or by much. */
static size_t spare_of(struct side *s, size_t len)
{
	size_t most = channel_max(s->ch) - len;

	switch (side_random(s, 3)) {
	case 0:
		return 0;
	case 1:
		return most < 24 ? most : side_random(s, 24);
	default:
		return most / 2;
	}
}

/* All of the room is the caller's to write to, also where the message will not be. */
static void *write_room(struct side *s, struct channel_writer *w, size_t len)
{
	void *room = NULL;

	GIVES(s, CHANNEL_OK, channel_writer_room(w, len, CHANNEL_FOREVER, &room));
	memset(room, 0xff, len);
	return room;
}

static void write_one(struct side *s, struct channel_writer *w, unsigned n)
{
	size_t len = side_length(s, n);
	void *room;

	if (side_random(s, 4) == 0) /* and then thinks better of it */
		write_room(s, w, side_random(s, 100));
	room = write_room(s, w, len + spare_of(s, len));
	memcpy(room, side_message(s, n, len), len);
	if (side_random(s, 2))
		GIVES(s, CHANNEL_OK, channel_writer_commit(w, len));
	else
		GIVES(s, CHANNEL_OK, channel_writer_add(w, len));
	if (side_random(s, 4) == 0)
		GIVES(s, CHANNEL_OK, channel_writer_flush(w));
}

static void read_one(struct side *s, struct channel_reader *r, unsigned n)
{
	const void *msg = NULL;
	size_t len = 0;

	GIVES(s, CHANNEL_OK, channel_reader_next(r, CHANNEL_FOREVER, &msg, &len));
	side_compare(s, n, side_length(s, n), msg, len);
	GIVES(s, CHANNEL_OK, channel_reader_done(r));
}

static void writes(struct side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);

	for (unsigned n = 0; n < COUNT(s); n++)
		write_one(s, &w, n);
	channel_writer_close(&w);
	CHECK(s, side_stats(s).sent == COUNT(s));
	channel_finish(s->ch);
}

static void reads(struct side *s)
{
	struct channel_reader r = channel_reader_open(s->ch);
	const void *msg;
	size_t len;

	for (unsigned n = 0; n < COUNT(s); n++)
		read_one(s, &r, n);
	GIVES(s, CHANNEL_CLOSED, channel_reader_next(&r, CHANNEL_FOREVER, &msg, &len));
	channel_reader_close(&r);
	CHECK(s, side_stats(s).received == COUNT(s));
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

/* Short ones, of which the next begins where this one's room was written to. */
static void writes_into_all_of_it(struct side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);

	for (unsigned n = 0; n < COUNT(s); n++) {
		size_t len = n % 9;
		void *room = write_room(s, &w, len + side_random(s, 24));

		memcpy(room, side_message(s, n, len), len);
		GIVES(s, CHANNEL_OK, channel_writer_commit(&w, len));
	}
	channel_writer_close(&w);
	channel_finish(s->ch);
}

static void receives_short_ones(struct side *s)
{
	for (unsigned n = 0; n < COUNT(s); n++)
		side_recv_length(s, s->ch, n, n % 9);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void sends(struct side *s)
{
	for (unsigned n = 0; n < COUNT(s); n++)
		side_send(s, s->ch, n);
	channel_finish(s->ch);
}

static void receives(struct side *s)
{
	for (unsigned n = 0; n < COUNT(s); n++)
		side_recv(s, s->ch, n);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void writes_now_and_then(struct side *s)
{
	for (unsigned n = 0; n < COUNT(s);) {
		struct channel_writer w = channel_writer_open(s->ch);

		for (unsigned k = side_random(s, 10); k && n < COUNT(s); k--)
			write_one(s, &w, n++);
		channel_writer_close(&w);
		for (unsigned k = side_random(s, 10); k && n < COUNT(s); k--)
			side_send(s, s->ch, n++);
	}
	channel_finish(s->ch);
}

static void reads_now_and_then(struct side *s)
{
	for (unsigned n = 0; n < COUNT(s);) {
		struct channel_reader r = channel_reader_open(s->ch);

		for (unsigned k = side_random(s, 10); k && n < COUNT(s); k--)
			read_one(s, &r, n++);
		channel_reader_close(&r);
		for (unsigned k = side_random(s, 10); k && n < COUNT(s); k--)
			side_recv(s, s->ch, n++);
	}
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

#define HELD 1 /* to ask for more room may show what was added */

static void add_some(struct side *s, struct channel_writer *w)
{
	void *room = NULL;

	for (unsigned n = 0; n < HELD; n++) {
		GIVES(s, CHANNEL_OK, channel_writer_room(w, n, CHANNEL_FOREVER, &room));
		memcpy(room, side_message(s, n, n), n);
		GIVES(s, CHANNEL_OK, channel_writer_add(w, n));
	}
	side_meet(s); /* nothing is seen */
	side_meet(s);
}

/* Flushed, committed behind, closed. */
static void adds(struct side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);
	void *room = NULL;

	add_some(s, &w);
	GIVES(s, CHANNEL_OK, channel_writer_flush(&w));
	side_meet(s);
	add_some(s, &w);
	GIVES(s, CHANNEL_OK, channel_writer_room(&w, HELD, CHANNEL_FOREVER, &room));
	memcpy(room, side_message(s, HELD, HELD), HELD);
	GIVES(s, CHANNEL_OK, channel_writer_commit(&w, HELD));
	side_meet(s);
	add_some(s, &w);
	channel_writer_close(&w);
	side_meet(s);
}

static void sees_added(struct side *s)
{
	for (unsigned i = 0; i < 3; i++) {
		side_meet(s);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		side_meet(s);
		for (unsigned n = 0; n < (i == 1 ? HELD + 1 : HELD); n++)
			side_recv_length(s, s->ch, n, n);
		side_meet(s);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	}
}

/* Room that was not asked for, room that is too small, a message that is not held. */
static void writes_out_of_turn(struct side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);
	size_t max = channel_max(s->ch);
	void *room = NULL;

	GIVES(s, CHANNEL_MISUSE, channel_writer_commit(&w, 0));
	GIVES(s, CHANNEL_MISUSE, channel_writer_add(&w, 0));
	GIVES(s, CHANNEL_TOO_BIG, channel_writer_room(&w, max + 1, CHANNEL_FOREVER, &room));
	GIVES(s, CHANNEL_TOO_BIG, channel_writer_room(&w, SIZE_MAX, CHANNEL_FOREVER, &room));
	GIVES(s, CHANNEL_OK, channel_writer_room(&w, 3, CHANNEL_FOREVER, &room));
	GIVES(s, CHANNEL_MISUSE, channel_writer_commit(&w, 4));
	memcpy(room, side_message(s, 0, 3), 3);
	GIVES(s, CHANNEL_OK, channel_writer_commit(&w, 3));
	GIVES(s, CHANNEL_MISUSE, channel_writer_commit(&w, 3));
	channel_writer_close(&w);
	GIVES(s, CHANNEL_MISUSE, channel_writer_room(&w, 3, CHANNEL_FOREVER, &room));
	side_meet(s);
}

static void reads_out_of_turn(struct side *s)
{
	struct channel_reader r = channel_reader_open(s->ch);
	const void *msg = NULL, *again = NULL;
	size_t len = 0, len_again = 0;

	GIVES(s, CHANNEL_MISUSE, channel_reader_done(&r));
	GIVES(s, CHANNEL_OK, channel_reader_next(&r, CHANNEL_FOREVER, &msg, &len));
	GIVES(s, CHANNEL_OK, channel_reader_next(&r, CHANNEL_FOREVER, &again, &len_again));
	CHECK(s, again == msg && len_again == len);
	side_compare(s, 0, 3, msg, len);
	GIVES(s, CHANNEL_OK, channel_reader_done(&r));
	GIVES(s, CHANNEL_MISUSE, channel_reader_done(&r));
	channel_reader_close(&r);
	side_meet(s);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
}

static void mixes_batches(struct side *s)
{
	struct channel_writer w;
	void *room = NULL;

	GIVES(s, CHANNEL_OK, channel_reserve(s->ch, 3, CHANNEL_FOREVER, &room));
	memcpy(room, side_message(s, 0, 3), 3);
	GIVES(s, CHANNEL_OK, channel_commit_quiet(s->ch, 3));
	w = channel_writer_open(s->ch);
	GIVES(s, CHANNEL_MISUSE, channel_writer_room(&w, 3, CHANNEL_FOREVER, &room));
	channel_writer_close(&w);
	GIVES(s, CHANNEL_OK, channel_flush(s->ch));
	w = channel_writer_open(s->ch);
	GIVES(s, CHANNEL_MISUSE, channel_commit_quiet(s->ch, 0));
	channel_writer_close(&w);
	side_send_length(s, s->ch, 1, 4);
}

static void receives_what_was_right(struct side *s)
{
	side_recv_length(s, s->ch, 0, 3);
	side_recv_length(s, s->ch, 1, 4);
}

const struct sentence sentences_stream[] = {
	{"what a writer writes is received like any message", writes, receives, 0},
	{"what is written behind a message, in its room, is no message", writes_into_all_of_it,
	 receives_short_ones, 0},
	{"what is sent in any way a reader reads", sends, reads, 0},
	{"what a writer writes a reader reads", writes, reads, 0},
	{"writers and readers come and go between any two messages", writes_now_and_then,
	 reads_now_and_then, 0},
	{"what a writer adds is seen with the next flush, commit or close", adds, sees_added, 0},
	{"streams used out of turn are misuse, and change nothing", writes_out_of_turn,
	 reads_out_of_turn, 0},
	{"a batch and a writer exclude each other", mixes_batches, receives_what_was_right, 0},
	{.says = NULL},
};
