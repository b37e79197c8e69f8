/* SPDX-License-Identifier: MIT */
/* Every message arrives whole, once and in order. */
#include "tests/conformance/conformance.h"

#define LENGTHS 80 /* of every length once, then of any */

static void sends_all(struct side *s)
{
	for (unsigned n = 0; n < LENGTHS + 10 * s->rounds; n++)
		side_send(s, s->ch, n);
	channel_finish(s->ch);
}

static void receives_all(struct side *s)
{
	for (unsigned n = 0; n < LENGTHS + 10 * s->rounds; n++)
		side_recv(s, s->ch, n);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

/* The two directions have different numbers, lest one be taken for the other. */
static unsigned number(bool of_left, unsigned i)
{
	return of_left ? i : 1000 + i;
}

static bool sends_one(struct side *s, unsigned i)
{
	unsigned n = number(s->is_left, i);
	size_t len = side_length(s, n);
	enum channel_status status = channel_send(s->ch, side_message(s, n, len), len, CHANNEL_NOW);

	if (status != CHANNEL_OK)
		GIVES(s, CHANNEL_AGAIN, status);
	return status == CHANNEL_OK;
}

static bool receives_one(struct side *s, unsigned i)
{
	unsigned n = number(!s->is_left, i);
	enum channel_status status;
	const void *msg;
	size_t len;

	status = channel_peek(s->ch, side_in(side_random(s, 20) * US), &msg, &len);
	if (status != CHANNEL_OK) {
		GIVES(s, CHANNEL_AGAIN, status);
		return false;
	}
	side_compare(s, n, side_length(s, n), msg, len);
	GIVES(s, CHANNEL_OK, channel_release(s->ch));
	return true;
}

static void talks_both_ways(struct side *s)
{
	unsigned out = 0, in = 0, all = 2 * s->rounds;

	while (out < all || in < all) {
		if (out < all)
			out += sends_one(s, out);
		if (in < all)
			in += receives_one(s, in);
		else
			side_sleep(s, 20 * US);
	}
	side_meet(s);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
}

static void sends_the_empty(struct side *s)
{
	for (unsigned i = 0; i < s->rounds; i++)
		side_send_length(s, s->ch, 0, 0);
	GIVES(s, CHANNEL_OK, channel_send(s->ch, NULL, 0, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_OK, channel_sendv(s->ch, NULL, 0, CHANNEL_FOREVER));
	channel_finish(s->ch);
}

static void counts_the_empty(struct side *s)
{
	for (unsigned i = 0; i < s->rounds + 2; i++)
		side_recv_length(s, s->ch, 0, 0);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

#define PARTS 6

/* Cut at random, some parts empty. */
static void sends_parts(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		struct channel_part parts[PARTS];
		size_t len = side_length(s, n), at = 0;
		const unsigned char *msg = side_message(s, n, len);

		for (unsigned i = 0; i < PARTS; i++) {
			size_t cut =
				i < PARTS - 1 ? side_random(s, (unsigned)(len - at) + 1) : len - at;

			parts[i] = (struct channel_part){cut ? msg + at : NULL, cut};
			at += cut;
		}
		GIVES(s, CHANNEL_OK, channel_sendv(s->ch, parts, PARTS, CHANNEL_FOREVER));
	}
	channel_finish(s->ch);
}

static void receives_wholes(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++)
		side_recv(s, s->ch, n);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

const struct sentence sentences_order[] = {
	{"messages of every length arrive whole, once and in order", sends_all, receives_all, 0},
	{"both directions carry messages at the same time", talks_both_ways, talks_both_ways, 0},
	{"a message may have no bytes", sends_the_empty, counts_the_empty, 0},
	{"the parts of a message arrive as one", sends_parts, receives_wholes, 0},
	{.says = NULL},
};
