/* SPDX-License-Identifier: MIT */
/* No wait ends before its deadline without a cause, and none lasts behind it. */
#include "tests/conformance/conformance.h"

#define AHEAD (300 * 1000 * MS) /* no test lasts so long */

static void meets(struct side *s)
{
	side_meet(s);
	side_meet(s);
}

static void expect_past(struct side *s, enum channel_status status, uint64_t deadline)
{
	uint64_t now = side_now();

	GIVES(s, CHANNEL_AGAIN, status);
	if (now < deadline)
		side_fail(s, __FILE__, __LINE__, "%llu ns early",
			  (unsigned long long)(deadline - now));
}

/* Short ones, which only poll, and such as sleep. */
static uint64_t soon(struct side *s)
{
	return side_in(side_random(s, side_random(s, 2) ? 100 : 3000) * US);
}

static void waits_in_vain(struct side *s)
{
	struct channel_reader r;
	const void *msg;
	uint64_t until;
	size_t len;

	side_meet(s);
	for (unsigned i = 0; i < s->rounds / 5 + 3; i++) {
		until = soon(s);
		expect_past(s, side_look(s->ch, until), until);
		until = soon(s);
		expect_past(s, channel_peek(s->ch, until, &msg, &len), until);
		r = channel_reader_open(s->ch);
		until = soon(s);
		expect_past(s, channel_reader_next(&r, until, &msg, &len), until);
		channel_reader_close(&r);
	}
	side_meet(s);
}

static void wants_room_in_vain(struct side *s)
{
	size_t len = channel_max(s->ch);
	const unsigned char *bytes = side_message(s, 0, len);
	struct channel_part part = {bytes, len};
	struct channel_writer w;
	uint64_t until;
	void *room;

	side_fill(s, s->ch, len);
	side_meet(s);
	for (unsigned i = 0; i < s->rounds / 5 + 3; i++) {
		until = soon(s);
		expect_past(s, channel_send(s->ch, bytes, len, until), until);
		until = soon(s);
		expect_past(s, channel_sendv(s->ch, &part, 1, until), until);
		until = soon(s);
		expect_past(s, channel_reserve(s->ch, len, until, &room), until);
		w = channel_writer_open(s->ch);
		until = soon(s);
		expect_past(s, channel_writer_room(&w, len, until, &room), until);
		channel_writer_close(&w);
	}
	side_meet(s);
}

static void asks_without_waiting(struct side *s)
{
	size_t len = channel_max(s->ch);
	const void *msg;
	void *room;

	side_fill(s, s->ch, len);
	for (unsigned i = 0; i < 2 * s->rounds; i++) {
		uint64_t deadline = i < s->rounds ? CHANNEL_NOW : 1 + side_random(s, 1000);

		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, deadline));
		GIVES(s, CHANNEL_AGAIN, channel_peek(s->ch, deadline, &msg, &len));
		GIVES(s, CHANNEL_AGAIN,
		      channel_reserve(s->ch, channel_max(s->ch), deadline, &room));
		CHECK(s, side_stats(s).parks == 0 || i >= s->rounds);
	}
	side_meet(s);
}

static void leaves_it_alone(struct side *s)
{
	side_meet(s);
}

static void sends_ahead(struct side *s)
{
	for (unsigned n = 0; n < 3; n++)
		side_send_length(s, s->ch, n, n);
	side_meet(s);
}

/* The deadline is long past, but the message is there. */
static void takes_what_is_there(struct side *s)
{
	const uint64_t deadlines[] = {CHANNEL_NOW, 1, CHANNEL_FOREVER};
	const void *msg;
	size_t len;

	side_meet(s);
	for (unsigned n = 0; n < 3; n++) {
		GIVES(s, CHANNEL_OK, channel_peek(s->ch, deadlines[n], &msg, &len));
		side_compare(s, n, n, msg, len);
		GIVES(s, CHANNEL_OK, channel_release(s->ch));
	}
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, 1));
}

static void sends_in_time(struct side *s)
{
	for (unsigned n = 0; n < 9; n++) {
		side_sleep(s, n % 3 * MS);
		side_send_length(s, s->ch, n, 20);
		side_meet(s);
	}
}

static void is_served_in_time(struct side *s)
{
	const void *msg;
	size_t len;

	for (unsigned n = 0; n < 9; n++) {
		uint64_t deadline = side_in(AHEAD);

		GIVES(s, CHANNEL_OK, channel_peek(s->ch, deadline, &msg, &len));
		CHECK(s, side_now() < deadline);
		side_compare(s, n, 20, msg, len);
		GIVES(s, CHANNEL_OK, channel_release(s->ch));
		side_meet(s);
	}
}

/* Message n, with a deadline that is often too soon; how often that was so. */
static unsigned send_hastily(struct side *s, unsigned n)
{
	size_t len = side_length(s, n);
	enum channel_status status;
	unsigned vain = 0;

	while ((status = channel_send(s->ch, side_message(s, n, len), len,
				      side_in(side_random(s, 60) * US))) == CHANNEL_AGAIN)
		vain++;
	GIVES(s, CHANNEL_OK, status);
	return vain;
}

static void sends_hastily(struct side *s)
{
	for (unsigned n = 0; n < 4 * s->rounds; n++) {
		send_hastily(s, n);
		side_pause(s, 100 * US);
	}
	channel_finish(s->ch);
}

static void receives_hastily(struct side *s)
{
	enum channel_status status;
	const void *msg;
	size_t len;

	for (unsigned n = 0; n < 4 * s->rounds; n++) {
		while ((status = channel_peek(s->ch, side_in(side_random(s, 60) * US), &msg,
					      &len)) == CHANNEL_AGAIN)
			;
		GIVES(s, CHANNEL_OK, status);
		side_compare(s, n, side_length(s, n), msg, len);
		GIVES(s, CHANNEL_OK, channel_release(s->ch));
		side_pause(s, 100 * US);
	}
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

const struct sentence sentences_deadline[] = {
	{"no wait for a message ends before its deadline", waits_in_vain, meets, 0},
	{"no wait for room ends before its deadline", wants_room_in_vain, meets, 0},
	{"NOW never waits, and a deadline past not for long", asks_without_waiting, leaves_it_alone,
	 0},
	{"what is there is taken, whatever the deadline", sends_ahead, takes_what_is_there, 0},
	{"a message before the deadline ends the wait", sends_in_time, is_served_in_time, 0},
	{"deadlines that pass lose nothing and repeat nothing", sends_hastily, receives_hastily, 0},
	{.says = NULL},
};
