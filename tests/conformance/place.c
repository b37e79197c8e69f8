/* SPDX-License-Identifier: MIT */
/* Messages written and read where they lie. */
#include "tests/conformance/conformance.h"

#define DRAFT 100

static bool is_aligned(const void *p)
{
	return (uintptr_t)p % 8 == 0;
}

static void writes_drafts(struct side *s)
{
	void *room;

	GIVES(s, CHANNEL_OK, channel_reserve(s->ch, DRAFT, CHANNEL_FOREVER, &room));
	CHECK(s, is_aligned(room));
	memset(room, 'x', DRAFT);
	side_meet(s); /* nothing is there */
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_reserve(s->ch, 5, CHANNEL_FOREVER, &room));
	memcpy(room, side_message(s, 0, 5), 5);
	side_meet(s); /* nor now */
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_commit(s->ch, 5));
	side_meet(s);
}

static void sees_no_drafts(struct side *s)
{
	for (unsigned i = 0; i < 2; i++) {
		side_meet(s);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, side_in(MS)));
		side_meet(s);
	}
	side_recv_length(s, s->ch, 0, 5);
	side_meet(s);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
}

static void commits_less(struct side *s)
{
	void *room;

	for (unsigned n = 0; n < s->rounds; n++) {
		size_t len = side_length(s, n);

		GIVES(s, CHANNEL_OK,
		      channel_reserve(s->ch, channel_max(s->ch), CHANNEL_FOREVER, &room));
		CHECK(s, is_aligned(room));
		memset(room, 0xff, channel_max(s->ch));
		memcpy(room, side_message(s, n, len), len);
		GIVES(s, CHANNEL_OK, channel_commit(s->ch, len));
	}
	channel_finish(s->ch);
}

static void peeks_twice(struct side *s)
{
	const void *msg, *again;
	size_t len, len_again;

	for (unsigned n = 0; n < s->rounds; n++) {
		GIVES(s, CHANNEL_OK, channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len));
		CHECK(s, is_aligned(msg));
		GIVES(s, CHANNEL_OK, channel_peek(s->ch, CHANNEL_NOW, &again, &len_again));
		CHECK(s, again == msg && len_again == len);
		side_compare(s, n, side_length(s, n), msg, len);
		GIVES(s, CHANNEL_OK, channel_release(s->ch));
	}
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void holds_a_message(struct side *s)
{
	const void *msg;
	size_t len;

	GIVES(s, CHANNEL_OK, channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len));
	side_meet(s);
	side_meet(s);
	side_compare(s, 0, channel_max(s->ch) / 4, msg, len);
	GIVES(s, CHANNEL_OK, channel_release(s->ch));
	side_tell(s, 0);
	for (unsigned n = side_hear(s), i = 1; i <= n; i++)
		side_recv_length(s, s->ch, i, 16);
}

/* What is held is not written over, however much is sent meanwhile. */
static void presses_on(struct side *s)
{
	size_t len = channel_max(s->ch) / 4;
	unsigned n = 0;

	GIVES(s, CHANNEL_OK, channel_send(s->ch, side_message(s, 0, len), len, CHANNEL_FOREVER));
	side_meet(s);
	while (channel_send(s->ch, side_message(s, n + 1, 16), 16, CHANNEL_NOW) == CHANNEL_OK)
		n++;
	side_meet(s);
	side_hear(s);
	side_tell(s, n);
}

static void sends_out_of_turn(struct side *s)
{
	void *room;

	GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 0));
	GIVES(s, CHANNEL_MISUSE, channel_commit_quiet(s->ch, 0));
	GIVES(s, CHANNEL_OK, channel_flush(s->ch));
	GIVES(s, CHANNEL_OK, channel_reserve(s->ch, 3, CHANNEL_FOREVER, &room));
	GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 4));
	GIVES(s, CHANNEL_MISUSE, channel_commit_quiet(s->ch, 4));
	GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, SIZE_MAX));
	memcpy(room, side_message(s, 0, 3), 3);
	GIVES(s, CHANNEL_OK, channel_commit(s->ch, 3));
	GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 3));
	GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 0));
	side_meet(s);
}

static void receives_out_of_turn(struct side *s)
{
	GIVES(s, CHANNEL_MISUSE, channel_release(s->ch));
	side_recv_length(s, s->ch, 0, 3);
	GIVES(s, CHANNEL_MISUSE, channel_release(s->ch));
	side_meet(s);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	GIVES(s, CHANNEL_MISUSE, channel_release(s->ch));
}

const struct sentence sentences_place[] = {
	{"nothing is seen before the commit, and a second reserve replaces the first",
	 writes_drafts, sees_no_drafts, 0},
	{"a message may be shorter than its room, and is the same until it is released",
	 commits_less, peeks_twice, 0},
	{"a message is whole for as long as it is held", presses_on, holds_a_message, 0},
	{"a commit or release out of turn is misuse, and changes nothing", sends_out_of_turn,
	 receives_out_of_turn, 0},
	{.says = NULL},
};
