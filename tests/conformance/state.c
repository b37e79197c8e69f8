/* SPDX-License-Identifier: MIT */
/* What an endpoint says of itself. */
#include "tests/conformance/conformance.h"

static uint64_t bytes_of(const struct side *s)
{
	uint64_t bytes = 0;

	for (unsigned n = 0; n < s->rounds; n++)
		bytes += side_length(s, n);
	return bytes;
}

static void is_counted(struct side *s)
{
	struct channel_stats stats;

	for (unsigned n = 0; n < s->rounds; n++)
		side_send(s, s->ch, n);
	side_meet(s);
	stats = side_stats(s);
	CHECK(s, stats.sent == s->rounds && stats.sent_bytes == bytes_of(s));
	CHECK(s, stats.received == 0 && stats.received_bytes == 0);
	/* What fails, and what is only tried, does not count. */
	CHECK(s, channel_send(s->ch, "", channel_max(s->ch) + 1, CHANNEL_NOW) == CHANNEL_TOO_BIG);
	CHECK(s, side_look(s->ch, CHANNEL_NOW) == CHANNEL_AGAIN);
	stats = side_stats(s);
	CHECK(s, stats.sent == s->rounds && stats.received == 0);
}

static void counts(struct side *s)
{
	struct channel_stats stats;

	for (unsigned n = 0; n < s->rounds; n++)
		side_recv(s, s->ch, n);
	stats = side_stats(s);
	CHECK(s, stats.received == s->rounds && stats.received_bytes == bytes_of(s));
	CHECK(s, stats.sent == 0 && stats.sent_bytes == 0);
	side_meet(s);
}

static void nobody_waited(struct side *s)
{
	CHECK(s, side_stats(s).parks == 0);
	CHECK(s, side_stats(s).bells == 0);
}

/* They agree elsewhere when to look. */
static void sends_to_the_busy(struct side *s)
{
	for (unsigned i = 0; i < s->rounds / 10 + 2; i++) {
		for (unsigned n = 0; n < 10; n++)
			side_send_length(s, s->ch, n, 20);
		side_meet(s);
		side_meet(s);
	}
	nobody_waited(s);
}

static void is_busy(struct side *s)
{
	for (unsigned i = 0; i < s->rounds / 10 + 2; i++) {
		side_meet(s);
		for (unsigned n = 0; n < 10; n++)
			side_recv_length(s, s->ch, n, 20);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		side_meet(s);
	}
	nobody_waited(s);
}

static void rings(struct side *s)
{
	struct channel_stats stats;

	for (unsigned n = 0; n < 10; n++) {
		side_meet(s);
		side_sleep(s, 2 * MS);
		side_send_length(s, s->ch, n, 8);
	}
	side_meet(s);
	stats = side_stats(s);
	CHECK(s, stats.bells <= stats.sent);
	side_tell(s, (unsigned)stats.bells);
}

static void sleeps(struct side *s)
{
	struct channel_stats stats;

	for (unsigned n = 0; n < 10; n++) {
		side_meet(s);
		side_recv_length(s, s->ch, n, 8);
	}
	stats = side_stats(s);
	side_meet(s);
	/* Each sleep ended by a bell, but for the look that came just before. */
	CHECK(s, side_hear(s) <= stats.received);
	if (!task_self())
		CHECK(s, stats.parks > 0);
}

static void has_a_name(struct side *s)
{
	const char *name = channel_name(s->ch);

	CHECK(s, name && *name);
	CHECK(s, strcmp(name, channel_name(s->more[0])) != 0);
	side_send_length(s, s->ch, 0, 0);
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_send(s->ch, name, strlen(name), CHANNEL_FOREVER));
}

static void has_the_same_name(struct side *s)
{
	const void *msg;
	size_t len;

	side_recv_length(s, s->ch, 0, 0);
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len));
	CHECK(s, len == strlen(channel_name(s->ch)) && !memcmp(msg, channel_name(s->ch), len));
}

const struct sentence sentences_state[] = {
	{"messages and bytes are counted at both ends", is_counted, counts, 0},
	{"where nobody waits nobody sleeps and no bell rings", sends_to_the_busy, is_busy, 0},
	{"a receiver asleep costs its sender one bell at most for a message", rings, sleeps, 0},
	{"both ends have the name that was opened", has_a_name, has_the_same_name, 0},
	{.says = NULL},
};
