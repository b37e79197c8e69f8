/* SPDX-License-Identifier: MIT */
/* Waiting for many endpoints at once. */
#include "tests/conformance/conformance.h"

#define EACH 5 /* messages */

/* A set with a member for each channel of the side; the tag is the channel. */
static struct channel_set *set_of_all(struct side *s)
{
	struct channel_set *set = channel_set_new();

	CHECK(s, set);
	CHECK(s, channel_set_receive(set, s->ch, s->ch));
	for (unsigned i = 0; i < s->more_count; i++)
		CHECK(s, channel_set_receive(set, s->more[i], s->more[i]));
	return set;
}

static struct channel *await(struct side *s, struct channel_set *set)
{
	void *tag = NULL;

	GIVES(s, CHANNEL_OK, channel_set_wait(set, CHANNEL_FOREVER, &tag));
	CHECK(s, tag);
	return tag;
}

static void expect_nothing(struct side *s, struct channel_set *set)
{
	uint64_t until = side_in(500 * US);
	void *tag;

	GIVES(s, CHANNEL_AGAIN, channel_set_wait(set, CHANNEL_NOW, &tag));
	GIVES(s, CHANNEL_AGAIN, channel_set_wait(set, until, &tag));
	CHECK(s, side_now() >= until);
}

static void sends_here_and_there(struct side *s)
{
	side_meet(s);
	for (unsigned i = 0; i < s->more_count; i++) {
		side_send_length(s, s->more[i], i, 20);
		side_meet(s);
	}
}

static void is_told_where(struct side *s)
{
	struct channel_set *set = set_of_all(s);

	expect_nothing(s, set);
	side_meet(s);
	for (unsigned i = 0; i < s->more_count; i++) {
		/* For as long as the message is there. */
		for (unsigned k = 0; k < 3; k++)
			CHECK(s, await(s, set) == s->more[i]);
		side_recv_length(s, s->more[i], i, 20);
		expect_nothing(s, set);
		side_meet(s);
	}
	channel_set_free(set);
}

static void fills_all(struct side *s)
{
	for (unsigned n = 0; n < EACH; n++) {
		side_send_length(s, s->ch, n, 20);
		for (unsigned i = 0; i < s->more_count; i++)
			side_send_length(s, s->more[i], n, 20);
	}
	side_meet(s);
}

static unsigned number_of(const struct side *s, const struct channel *ch)
{
	for (unsigned i = 0; i < s->more_count; i++)
		if (s->more[i] == ch)
			return i;
	return s->more_count;
}

/* In each lap, one message of every member. */
static void goes_round(struct side *s)
{
	struct channel_set *set = set_of_all(s);
	unsigned taken[SIDE_MORE + 1] = {0};

	side_meet(s);
	for (unsigned lap = 0; lap < EACH; lap++)
		for (unsigned i = 0; i <= s->more_count; i++) {
			struct channel *ch = await(s, set);

			CHECK(s, taken[number_of(s, ch)]++ == lap);
			side_recv_length(s, ch, lap, 20);
		}
	expect_nothing(s, set);
	channel_set_free(set);
}

/* As many as there is room for, but a few at most. */
static unsigned stuff(struct side *s)
{
	unsigned n = 0;

	while (n < 16 && channel_send(s->ch, "0123456789abcdef", 16, CHANNEL_NOW) == CHANNEL_OK)
		n++;
	return n;
}

/* As soon as there is room on one channel it is filled again; the others are served nevertheless.
 */
static void saturates(struct side *s)
{
	unsigned most = 4 * side_fill(s, s->ch, 16) + 1000;

	for (unsigned n = 0; n < s->rounds / 4; n++) {
		struct channel *ch = s->more[n % s->more_count];
		enum channel_status status;
		unsigned sent = 0;

		side_send_length(s, ch, n, 12);
		while ((status = side_look(ch, CHANNEL_NOW)) == CHANNEL_AGAIN) {
			sent += stuff(s);
			CHECK(s, sent <= most);
		}
		GIVES(s, CHANNEL_OK, status);
	}
	channel_finish(s->ch);
	side_meet(s);
}

static void serves_all(struct side *s)
{
	struct channel_set *set = set_of_all(s);
	unsigned served = 0;
	struct channel *ch;

	for (;;) {
		ch = await(s, set);
		if (ch == s->ch) {
			enum channel_status status;
			const void *msg;
			size_t len;

			status = channel_peek(ch, CHANNEL_NOW, &msg, &len);
			if (status == CHANNEL_CLOSED)
				break;
			GIVES(s, CHANNEL_OK, status);
			GIVES(s, CHANNEL_OK, channel_release(ch));
		} else {
			side_recv_length(s, ch, served++, 12);
			GIVES(s, CHANNEL_OK, channel_send(ch, NULL, 0, CHANNEL_FOREVER));
		}
	}
	CHECK(s, served == s->rounds / 4);
	channel_set_free(set);
	side_meet(s);
}

static uint64_t idle_cost(struct side *s)
{
	struct channel_stats stats;
	uint64_t cost = 0;

	for (unsigned i = 0; i < s->more_count; i++) {
		channel_stats(s->more[i], &stats);
		cost += stats.parks + stats.bells;
	}
	return cost;
}

static void calls_one(struct side *s)
{
	uint64_t before = idle_cost(s);

	for (unsigned n = 0; n < s->rounds; n++) {
		side_dawdle(s);
		side_send_length(s, s->ch, n, n % 30);
		side_recv_length(s, s->ch, n, n % 20);
	}
	CHECK(s, side_stats(s).bells <= s->rounds);
	CHECK(s, idle_cost(s) == before);
}

static void answers_one_of_many(struct side *s)
{
	struct channel_set *set = set_of_all(s);
	uint64_t before = idle_cost(s);

	for (unsigned n = 0; n < s->rounds; n++) {
		CHECK(s, await(s, set) == s->ch);
		side_recv_length(s, s->ch, n, n % 30);
		side_dawdle(s);
		side_send_length(s, s->ch, n, n % 20);
	}
	CHECK(s, idle_cost(s) == before);
	channel_set_free(set);
}

static void calls_many(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		struct channel *ch = s->more[n * 7 % s->more_count];

		side_dawdle(s);
		side_send_length(s, ch, n, 10);
		side_recv_length(s, ch, n, 11);
	}
}

/* Now and then it waits for the one alone, while that is in the set. */
static void answers_many(struct side *s)
{
	struct channel_set *set = set_of_all(s);

	for (unsigned n = 0; n < s->rounds; n++) {
		struct channel *ch = s->more[n * 7 % s->more_count];

		if (n % 4)
			CHECK(s, await(s, set) == ch);
		side_recv_length(s, ch, n, 10);
		side_dawdle(s);
		side_send_length(s, ch, n, 11);
	}
	channel_set_free(set);
}

static void wants_room(struct side *s)
{
	struct channel_set *set = channel_set_new();
	size_t len = channel_max(s->ch);
	void *tag = NULL, *room;

	CHECK(s, set && channel_set_send(set, s->ch, len, s));
	for (unsigned i = 0; i < s->rounds / 5; i++) {
		unsigned n = side_fill(s, s->ch, len);

		expect_nothing(s, set);
		side_tell(s, n);
		GIVES(s, CHANNEL_OK, channel_set_wait(set, CHANNEL_FOREVER, &tag));
		CHECK(s, tag == s);
		GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 0));
		GIVES(s, CHANNEL_OK, channel_reserve(s->ch, len, CHANNEL_NOW, &room));
		side_meet(s);
	}
	side_fill(s, s->ch, len);
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_set_wait(set, CHANNEL_FOREVER, &tag));
	channel_set_free(set);
	GIVES(s, CHANNEL_CLOSED, channel_reserve(s->ch, len, CHANNEL_NOW, &room));
}

static void gives_room(struct side *s)
{
	for (unsigned i = 0; i < s->rounds / 5; i++) {
		unsigned count = side_hear(s);

		side_dawdle(s);
		for (unsigned n = 0; n < count; n++)
			side_recv_length(s, s->ch, n, channel_max(s->ch));
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		side_meet(s);
	}
	side_meet(s);
	side_sleep(s, MS);
	channel_close(s->ch);
}

static void removes(struct side *s)
{
	struct channel_set *set = channel_set_new();
	struct channel_member *a, *b;

	CHECK(s, set);
	a = channel_set_receive(set, s->more[0], s->more[0]);
	b = channel_set_receive(set, s->more[1], s->more[1]);
	CHECK(s, a && b);
	expect_nothing(s, set); /* it has slept */
	side_meet(s);
	side_meet(s); /* both have a message */
	channel_member_remove(a);
	for (unsigned i = 0; i < 3; i++)
		CHECK(s, await(s, set) == s->more[1]);
	channel_member_remove(b);
	expect_nothing(s, set);
	CHECK(s, channel_set_receive(set, s->more[0], s->more[0]));
	CHECK(s, await(s, set) == s->more[0]);
	channel_set_free(set);
	side_recv_length(s, s->more[0], 0, 5);
	side_recv_length(s, s->more[1], 1, 6);
	side_meet(s);
}

static void sends_to_two(struct side *s)
{
	side_meet(s);
	side_send_length(s, s->more[0], 0, 5);
	side_send_length(s, s->more[1], 1, 6);
	side_meet(s);
	side_meet(s);
}

static void ends_each(struct side *s)
{
	for (unsigned i = 0; i < 3; i++) {
		side_meet(s);
		side_dawdle(s);
		if (i == 0)
			channel_finish(s->more[0]);
		else if (i == 1)
			channel_close(s->more[1]);
		else
			channel_break(s->more[2]);
	}
	side_meet(s);
}

static void is_told_of_ends(struct side *s)
{
	for (unsigned i = 0; i < 3; i++) {
		struct channel_set *set = channel_set_new();

		CHECK(s, set && channel_set_receive(set, s->more[i], s->more[i]));
		expect_nothing(s, set);
		side_meet(s);
		CHECK(s, await(s, set) == s->more[i]);
		CHECK(s, await(s, set) == s->more[i]);
		side_closed(s, s->more[i], i < 2 ? CHANNEL_FINISHED : CHANNEL_PROTOCOL);
		channel_set_free(set);
	}
	side_meet(s);
}

const struct sentence sentences_set[] = {
	{"a set says where a message is, for as long as it is there", sends_here_and_there,
	 is_told_where, NEEDS_SET},
	{"of members that are ready each has its turn", fills_all, goes_round, NEEDS_SET},
	{"no member starves while another one is never done", saturates, serves_all, NEEDS_SET},
	{"idle members of a set cost nobody a sleep or a bell", calls_one, answers_one_of_many,
	 NEEDS_SET},
	{"a set that waits is woken by any of its members", calls_many, answers_many, NEEDS_SET},
	{"a set says when there is room, or never will be", wants_room, gives_room, NEEDS_SET},
	{"a member that was removed is not reported", sends_to_two, removes, NEEDS_SET},
	{"an end is ready for a receiver in a set", ends_each, is_told_of_ends, NEEDS_SET},
	{.says = NULL},
};
