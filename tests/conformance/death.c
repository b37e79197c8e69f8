/* SPDX-License-Identifier: MIT */
/* A peer that dies: its component ends with a failure. It is always the right one. */
#include "tests/conformance/conformance.h"

static void put_quietly(struct side *s, unsigned n, size_t len)
{
	void *room;

	GIVES(s, CHANNEL_OK, channel_reserve(s->ch, len, CHANNEL_FOREVER, &room));
	memcpy(room, side_message(s, n, len), len);
	GIVES(s, CHANNEL_OK, channel_commit_quiet(s->ch, len));
}

/* Three messages sent, two in a batch, one only reserved. */
static void dies_in_a_batch(struct side *s)
{
	void *room;

	for (unsigned n = 0; n < 3; n++)
		side_send(s, s->ch, 100 + n);
	put_quietly(s, 103, 10);
	put_quietly(s, 104, 10);
	GIVES(s, CHANNEL_OK, channel_reserve(s->ch, 10, CHANNEL_FOREVER, &room));
	side_meet(s);
	side_die(s);
}

static void inherits(struct side *s)
{
	void *room;

	CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
	side_meet(s);
	for (unsigned n = 0; n < 3; n++)
		side_recv(s, s->ch, 100 + n);
	side_closed(s, s->ch, CHANNEL_PEER_DIED);
	GIVES(s, CHANNEL_CLOSED, channel_send(s->ch, "x", 1, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_CLOSED, channel_reserve(s->ch, 1, CHANNEL_NOW, &room));
	CHECK(s, channel_reason(s->ch) == CHANNEL_PEER_DIED);
}

static void dies_in_a_stream(struct side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);
	void *room = NULL;

	for (unsigned n = 0; n < 5; n++) {
		size_t len = side_length(s, 100 + n);

		if (n == 4) { /* what comes now is never flushed */
			GIVES(s, CHANNEL_OK, channel_writer_flush(&w));
			side_meet(s);
			side_meet(s);
			len = 16;
		}
		GIVES(s, CHANNEL_OK, channel_writer_room(&w, len, CHANNEL_FOREVER, &room));
		memcpy(room, side_message(s, 100 + n, len), len);
		if (n == 1)
			GIVES(s, CHANNEL_OK, channel_writer_commit(&w, len));
		else
			GIVES(s, CHANNEL_OK, channel_writer_add(&w, len));
	}
	side_die(s);
}

static void inherits_a_stream(struct side *s)
{
	side_meet(s);
	for (unsigned n = 0; n < 4; n++)
		side_recv(s, s->ch, 100 + n);
	side_meet(s);
	side_closed(s, s->ch, CHANNEL_PEER_DIED);
}

static void dies_while_awaited(struct side *s)
{
	side_meet(s);
	side_sleep(s, 3 * MS);
	side_die(s);
}

static void waits_for_the_dead(struct side *s)
{
	side_meet(s);
	side_closed(s, s->ch, CHANNEL_PEER_DIED);
}

static void wants_room_of_the_dead(struct side *s)
{
	size_t len = channel_max(s->ch);

	side_fill(s, s->ch, len);
	side_meet(s);
	GIVES(s, CHANNEL_CLOSED,
	      channel_send(s->ch, side_message(s, 0, len), len, CHANNEL_FOREVER));
	side_closed(s, s->ch, CHANNEL_PEER_DIED);
}

static void waits_in_a_set_for_the_dead(struct side *s)
{
	struct channel_set *set = channel_set_new();
	struct channel_member *m;
	void *tag = NULL;

	CHECK(s, set);
	m = channel_set_receive(set, s->ch, s);
	CHECK(s, m && channel_set_receive(set, s->more[0], NULL));
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_set_wait(set, CHANNEL_FOREVER, &tag));
	if (!tag) { /* both ends are of the same component */
		side_closed(s, s->more[0], CHANNEL_PEER_DIED);
		GIVES(s, CHANNEL_OK, channel_set_wait(set, CHANNEL_FOREVER, &tag));
	}
	channel_set_free(set);
	side_closed(s, s->ch, CHANNEL_PEER_DIED);
}

/* The first message is for the component's next life: nobody reads it, but the channel is there. */
static void dies_and_is_met_again(struct side *s)
{
	side_meet(s);
	side_die(s);
}

static void meets_the_next_life(struct side *s)
{
	side_meet(s);
	side_closed(s, s->ch, CHANNEL_PEER_DIED);
	side_open(s);
	GIVES(s, CHANNEL_OK, channel_send(s->ch, "x", 1, side_patience()));
}

const struct sentence sentences_death[] = {
	{"what the dead had sent is read, what it had not shown is not, then it is told", inherits,
	 dies_in_a_batch, NEEDS_DEATH},
	{"who dies with a writer open has sent what was committed or flushed", inherits_a_stream,
	 dies_in_a_stream, NEEDS_DEATH},
	{"a receiver that waits is told of a death", waits_for_the_dead, dies_while_awaited,
	 NEEDS_DEATH},
	{"a sender that waits for room is told of a death", wants_room_of_the_dead,
	 dies_while_awaited, NEEDS_DEATH},
	{"a set that waits is told of a death", waits_in_a_set_for_the_dead, dies_while_awaited,
	 NEEDS_DEATH | NEEDS_SET},
	{"to open again after a death reaches the next life", meets_the_next_life,
	 dies_and_is_met_again, NEEDS_DEATH},
	{.says = NULL},
};
