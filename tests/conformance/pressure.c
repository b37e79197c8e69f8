/* SPDX-License-Identifier: MIT */
/* A channel has a fixed capacity: who sends more than it holds waits, and nothing is lost. */
#include "tests/conformance/conformance.h"

#define LAPS 4

static const size_t lengths[LAPS] = {0, 24, 7, 100};

static void fills(struct side *s)
{
	void *room;

	for (unsigned lap = 0; lap < LAPS; lap++) {
		size_t len = lengths[lap];
		struct channel_part part = {side_message(s, 0, len), len};

		side_tell(s, side_fill(s, s->ch, len));
		GIVES(s, CHANNEL_AGAIN, channel_sendv(s->ch, &part, 1, CHANNEL_NOW));
		GIVES(s, CHANNEL_AGAIN,
		      channel_reserve(s->ch, channel_max(s->ch), CHANNEL_NOW, &room));
		GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 0));
		GIVES(s, CHANNEL_AGAIN, channel_send(s->ch, part.bytes, len, side_in(MS)));
		side_meet(s);
		side_meet(s);
	}
}

static void empties(struct side *s)
{
	for (unsigned lap = 0; lap < LAPS; lap++) {
		unsigned sent = side_hear(s);

		side_meet(s);
		for (unsigned n = 0; n < sent; n++)
			side_recv_length(s, s->ch, n, lengths[lap]);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		side_meet(s);
	}
}

static size_t large(const struct side *s, unsigned n)
{
	return channel_max(s->ch) / 2 + n % 64;
}

static void sends_more_than_fits(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++)
		side_send_length(s, s->ch, n, large(s, n));
	side_meet(s);
}

static void takes_its_time(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		side_pause(s, 200 * US);
		side_recv_length(s, s->ch, n, large(s, n));
	}
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	side_meet(s);
}

/* One message more for each that is taken, as long as they are of one length. */
static void tops_up(struct side *s)
{
	unsigned n = side_fill(s, s->ch, 40);

	side_tell(s, n);
	for (unsigned i = 0; i < n; i++)
		side_send_length(s, s->ch, n + i, 40);
	side_meet(s);
}

static void takes_as_many_again(struct side *s)
{
	unsigned n = side_hear(s);

	for (unsigned i = 0; i < 2 * n; i++)
		side_recv_length(s, s->ch, i, 40);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	side_meet(s);
}

const struct sentence sentences_pressure[] = {
	{"a channel that is full says so, loses nothing, and has room again when it is empty",
	 fills, empties, 0},
	{"a sender waits for room as long as it takes", sends_more_than_fits, takes_its_time, 0},
	{"what is taken makes room for as much", tops_up, takes_as_many_again, 0},
	{.says = NULL},
};
