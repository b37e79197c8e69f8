/* SPDX-License-Identifier: MIT */
/* One connection after the other on the same channel. */
#include "tests/conformance/conformance.h"

static void begins_anew(struct side *s)
{
	for (unsigned life = 0; life < s->rounds / 10 + 2; life++) {
		unsigned count = life % 5;

		for (unsigned n = 0; n < count; n++)
			side_send(s, s->ch, life + n);
		side_pause(s, 50 * US);
		channel_close(s->ch);
		side_anew(s);
		CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
	}
}

static void follows_anew(struct side *s)
{
	for (unsigned life = 0; life < s->rounds / 10 + 2; life++) {
		unsigned count = life % 5;

		for (unsigned n = 0; n < count; n++)
			side_recv(s, s->ch, life + n);
		side_closed(s, s->ch, CHANNEL_FINISHED);
		channel_close(s->ch);
		side_anew(s);
		CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
	}
}

/* Nobody receives what the first connection carried. */
static void leaves_one(struct side *s, unsigned n, size_t len)
{
	side_send_length(s, s->ch, n, len);
	side_meet(s);
	channel_close(s->ch);
	side_anew(s);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	side_meet(s);
}

static void leaves_one_of_fifty(struct side *s)
{
	leaves_one(s, 1, 50);
	side_send_length(s, s->ch, 2, 60);
	side_recv_length(s, s->ch, 3, 70);
}

static void leaves_one_of_twenty(struct side *s)
{
	leaves_one(s, 4, 20);
	side_send_length(s, s->ch, 3, 70);
	side_recv_length(s, s->ch, 2, 60);
}

static void comes_early(struct side *s)
{
	uint64_t until = side_in(2 * MS);

	channel_close(s->ch);
	side_open(s);
	CHECK(s, channel_reason(s->ch) == CHANNEL_CONNECTING);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	GIVES(s, CHANNEL_AGAIN, channel_send(s->ch, "x", 1, CHANNEL_NOW));
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, until));
	CHECK(s, side_now() >= until);
	side_tell(s, 0);
	side_send_length(s, s->ch, 5, 50); /* waits until the other one comes */
	side_recv_length(s, s->ch, 6, 40);
	CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
}

static void comes_late(struct side *s)
{
	side_hear(s);
	side_sleep(s, 2 * MS);
	side_closed(s, s->ch, CHANNEL_FINISHED);
	channel_close(s->ch);
	side_open(s);
	side_recv_length(s, s->ch, 5, 50);
	side_send_length(s, s->ch, 6, 40);
	CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
}

static void changes_its_mind(struct side *s)
{
	for (unsigned i = 0; i < 3; i++) {
		channel_close(s->ch);
		side_open(s);
		CHECK(s, channel_reason(s->ch) == CHANNEL_CONNECTING);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	}
	side_meet(s);
	side_meet(s);
	side_send_length(s, s->ch, 1, 30);
	side_recv_length(s, s->ch, 2, 30);
	CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
}

static void comes_once(struct side *s)
{
	side_meet(s);
	channel_close(s->ch);
	side_open(s);
	side_meet(s);
	side_send_length(s, s->ch, 2, 30);
	side_recv_length(s, s->ch, 1, 30);
	CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
}

static void opens_what_is_open(struct side *s)
{
	struct channel *before = s->ch;

	side_send_length(s, s->ch, 1, 30);
	side_open(s);
	CHECK(s, s->ch == before);
	side_send_length(s, s->ch, 2, 30);
	side_meet(s);
}

static void opens_with_a_message_waiting(struct side *s)
{
	side_recv_length(s, s->ch, 1, 30);
	side_meet(s);
	side_open(s);
	side_recv_length(s, s->ch, 2, 30);
}

const struct sentence sentences_anew[] = {
	{"a channel closed both ways is opened again, many times", begins_anew, follows_anew, 0},
	{"a new connection has nothing of the one before", leaves_one_of_fifty,
	 leaves_one_of_twenty, 0},
	{"who opens again before its peer has let go is connecting, and its calls wait",
	 comes_early, comes_late, NEEDS_EARLY},
	{"who closes while connecting, and opens again, is connecting again", changes_its_mind,
	 comes_once, NEEDS_EARLY},
	{"to open again what is open changes nothing", opens_what_is_open,
	 opens_with_a_message_waiting, 0},
	{.says = NULL},
};
