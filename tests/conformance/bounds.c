/* SPDX-License-Identifier: MIT */
/* How long a message may be. */
#include <stdlib.h>

#include "tests/conformance/conformance.h"

#define LARGEST 5

static void sends_the_largest(struct side *s)
{
	size_t max = channel_max(s->ch);

	CHECK(s, max > 0);
	for (unsigned n = 0; n < LARGEST; n++)
		side_send_length(s, s->ch, n, max);
	side_meet(s);
}

static void receives_the_largest(struct side *s)
{
	for (unsigned n = 0; n < LARGEST; n++)
		side_recv_length(s, s->ch, n, channel_max(s->ch));
	side_meet(s);
}

static void sends_too_much(struct side *s)
{
	size_t max = channel_max(s->ch);
	const unsigned char *msg = side_message(s, 0, 0);
	struct channel_part two[] = {{msg, max}, {msg, 1}}, many[] = {{msg, SIZE_MAX}, {msg, 2}};
	const size_t lengths[] = {max + 1, max + 8, 2 * max, 2 * max + 16, SIZE_MAX - 7, SIZE_MAX};
	void *room;

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		GIVES(s, CHANNEL_TOO_BIG,
		      channel_reserve(s->ch, lengths[i], CHANNEL_FOREVER, &room));
		GIVES(s, CHANNEL_TOO_BIG, channel_send(s->ch, msg, lengths[i], CHANNEL_NOW));
	}
	GIVES(s, CHANNEL_TOO_BIG, channel_sendv(s->ch, two, 2, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_TOO_BIG, channel_sendv(s->ch, many, 2, CHANNEL_FOREVER));
	side_send_length(s, s->ch, 1, 3);
	channel_finish(s->ch);
}

static void receives_the_rest(struct side *s)
{
	side_recv_length(s, s->ch, 1, 3);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void sends_some(struct side *s)
{
	for (unsigned n = 1; n < s->rounds; n++)
		side_send(s, s->ch, n);
}

/* A buffer that is too small, by any number of bytes. */
static void takes_with_small_buffer(struct side *s, size_t wanted)
{
	size_t size = side_random(s, (unsigned)wanted), len = 0;
	unsigned char *buf = calloc(1, size + 1);

	CHECK(s, buf);
	GIVES(s, CHANNEL_TOO_BIG, channel_recv(s->ch, buf, size, &len, CHANNEL_FOREVER));
	CHECK(s, len == wanted && !buf[size]);
	GIVES(s, CHANNEL_TOO_BIG, channel_recv(s->ch, buf, 0, &len, CHANNEL_NOW));
	CHECK(s, len == wanted);
	free(buf);
}

static void takes_with_small_buffers(struct side *s)
{
	for (unsigned n = 1; n < s->rounds; n++) {
		if (side_length(s, n))
			takes_with_small_buffer(s, side_length(s, n));
		side_recv(s, s->ch, n);
	}
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
}

/* Small ones move the place; then one that takes the most room there is, while nobody waits for it.
 */
static void sends_small_then_large(struct side *s)
{
	for (unsigned i = 0; i < s->rounds; i++) {
		unsigned small = i * 7 % 64;
		size_t len = channel_max(s->ch) - i % 8;

		for (unsigned n = 0; n < small; n++)
			side_send_length(s, s->ch, n, n % 9);
		side_meet(s);
		GIVES(s, CHANNEL_OK,
		      channel_send(s->ch, side_message(s, i, len), len, side_patience()));
		side_meet(s);
	}
}

static void receives_small_then_large(struct side *s)
{
	for (unsigned i = 0; i < s->rounds; i++) {
		unsigned small = i * 7 % 64;

		for (unsigned n = 0; n < small; n++)
			side_recv_length(s, s->ch, n, n % 9);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		side_meet(s);
		side_meet(s);
		side_recv_length(s, s->ch, i, channel_max(s->ch) - i % 8);
	}
}

const struct sentence sentences_bounds[] = {
	{"messages of the largest length pass", sends_the_largest, receives_the_largest, 0},
	{"a message over the largest length is too big, and nothing of it passes", sends_too_much,
	 receives_the_rest, 0},
	{"a message too long for the buffer says its length and stays", sends_some,
	 takes_with_small_buffers, 0},
	{"the largest message fits once the channel was found empty, whatever went before",
	 sends_small_then_large, receives_small_then_large, 0},
	{.says = NULL},
};
