/* SPDX-License-Identifier: MIT */
/* Whoever waits is woken: no pause of the other side, of any length, leads past it. */
#include "tests/conformance/conformance.h"

static void calls(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		side_dawdle(s);
		side_send_length(s, s->ch, n, n % 30);
		side_recv_length(s, s->ch, n, n % 20);
	}
}

static void answers(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		side_recv_length(s, s->ch, n, n % 30);
		side_dawdle(s);
		side_send_length(s, s->ch, n, n % 20);
	}
}

static size_t third(const struct side *s)
{
	return channel_max(s->ch) / 3;
}

static void waits_for_room(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		if (n % 8 == 0)
			side_dawdle(s);
		side_send_length(s, s->ch, n, third(s) + n % 64);
	}
	side_meet(s);
}

static void makes_room(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		side_dawdle(s);
		side_recv_length(s, s->ch, n, third(s) + n % 64);
	}
	side_meet(s);
}

/* Bursts: the sender runs out of room, the receiver out of messages, by turns. */
static void sends_bursts(struct side *s)
{
	unsigned n = 0;

	while (n < 4 * s->rounds) {
		for (unsigned k = side_random(s, 40); k; k--)
			side_send_length(s, s->ch, n++, 100);
		side_pause(s, 150 * US);
	}
	channel_finish(s->ch);
	side_tell(s, n);
}

static void takes_bursts(struct side *s)
{
	const void *msg;
	unsigned n = 0;
	size_t len;

	while (channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len) == CHANNEL_OK) {
		side_compare(s, n++, 100, msg, len);
		GIVES(s, CHANNEL_OK, channel_release(s->ch));
		if (side_random(s, 40) == 0)
			side_pause(s, 150 * US);
	}
	CHECK(s, side_hear(s) == n);
}

static void writes_calls(struct side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);
	struct channel_reader r = channel_reader_open(s->ch);
	const void *msg = NULL;
	void *room = NULL;
	size_t len = 0;

	for (unsigned n = 0; n < s->rounds; n++) {
		side_dawdle(s);
		GIVES(s, CHANNEL_OK, channel_writer_room(&w, n % 30, CHANNEL_FOREVER, &room));
		memcpy(room, side_message(s, n, n % 30), n % 30);
		GIVES(s, CHANNEL_OK, channel_writer_add(&w, n % 30));
		GIVES(s, CHANNEL_OK, channel_writer_flush(&w));
		GIVES(s, CHANNEL_OK, channel_reader_next(&r, CHANNEL_FOREVER, &msg, &len));
		side_compare(s, n, n % 20, msg, len);
		GIVES(s, CHANNEL_OK, channel_reader_done(&r));
	}
	channel_reader_close(&r);
	channel_writer_close(&w);
}

const struct sentence sentences_wake[] = {
	{"a receiver that waits is woken by a message", calls, answers, 0},
	{"a sender that waits is woken by room", waits_for_room, makes_room, 0},
	{"both sides wait by turns, and nobody is forgotten", sends_bursts, takes_bursts, 0},
	{"a reader that waits is woken, and a writer wakes", writes_calls, answers, 0},
	{.says = NULL},
};
