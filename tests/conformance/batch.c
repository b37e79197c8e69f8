/* SPDX-License-Identifier: MIT */
/* Several messages that are seen at once. */
#include "tests/conformance/conformance.h"

#define BATCH 10

static enum channel_status add(struct side *s, unsigned n, size_t len, uint64_t deadline)
{
	enum channel_status status;
	void *room;

	status = channel_reserve(s->ch, len, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	memcpy(room, side_message(s, n, len), len);
	return channel_commit_quiet(s->ch, len);
}

static void batches(struct side *s)
{
	for (unsigned k = 1; k <= BATCH; k++) {
		for (unsigned n = 0; n < k; n++)
			GIVES(s, CHANNEL_OK, add(s, n, n, CHANNEL_FOREVER));
		side_meet(s); /* nothing is seen */
		side_meet(s);
		GIVES(s, CHANNEL_OK, channel_flush(s->ch));
		GIVES(s, CHANNEL_OK, channel_flush(s->ch));
		side_meet(s); /* all is */
	}
}

static void sees_all_or_nothing(struct side *s)
{
	const void *msg;
	size_t len;

	for (unsigned k = 1; k <= BATCH; k++) {
		side_meet(s);
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, side_in(100 * US)));
		side_meet(s);
		for (unsigned n = 0; n < k; n++) {
			GIVES(s, CHANNEL_OK,
			      channel_peek(s->ch, n ? CHANNEL_NOW : CHANNEL_FOREVER, &msg, &len));
			side_compare(s, n, n, msg, len);
			GIVES(s, CHANNEL_OK, channel_release(s->ch));
		}
		GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
		side_meet(s);
	}
}

/* In every way of sending what is to be seen now. */
static void sends_behind_batches(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		if (n % 7 == 6)
			side_send_length(s, s->ch, n, n % 50);
		else
			GIVES(s, CHANNEL_OK, add(s, n, n % 50, CHANNEL_FOREVER));
		if (n % 7 == 6)
			side_meet(s);
	}
	channel_finish(s->ch);
}

/* The rest of the last batch comes with the finish. */
static void receives_batches(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		side_recv_length(s, s->ch, n, n % 50);
		if (n % 7 == 6)
			side_meet(s);
	}
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void batches_more_than_fits(struct side *s)
{
	unsigned n = 0;

	while (add(s, n, 40, CHANNEL_NOW) == CHANNEL_OK)
		n++;
	side_tell(s, n); /* they are seen, for there was no room */
	side_meet(s);
	for (unsigned i = 0; i < 3 * n; i++)
		GIVES(s, CHANNEL_OK, add(s, n + i, 40, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_OK, channel_flush(s->ch));
	side_meet(s);
}

static void receives_more_than_fits(struct side *s)
{
	unsigned count = side_hear(s), n;

	for (n = 0; n < count; n++)
		side_recv_length(s, s->ch, n, 40);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	side_meet(s);
	for (; n < 4 * count; n++)
		side_recv_length(s, s->ch, n, 40);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	side_meet(s);
}

static uint64_t bells(struct side *s)
{
	struct channel_stats stats;

	channel_stats(s->ch, &stats);
	return stats.bells;
}

/* The receiver has long been asleep when the flush comes. */
static void batches_quietly(struct side *s)
{
	uint64_t before;

	for (unsigned i = 0; i < 3; i++) {
		side_meet(s);
		side_sleep(s, 5 * MS);
		before = bells(s);
		for (unsigned n = 0; n < BATCH; n++)
			GIVES(s, CHANNEL_OK, add(s, n, 30, CHANNEL_FOREVER));
		CHECK(s, bells(s) == before);
		GIVES(s, CHANNEL_OK, channel_flush(s->ch));
		CHECK(s, bells(s) <= before + 1);
	}
	side_meet(s);
}

static void sleeps_till_the_flush(struct side *s)
{
	for (unsigned i = 0; i < 3; i++) {
		side_meet(s);
		for (unsigned n = 0; n < BATCH; n++)
			side_recv_length(s, s->ch, n, 30);
	}
	side_meet(s);
}

const struct sentence sentences_batch[] = {
	{"of a batch nothing is seen before the flush, and then all at once", batches,
	 sees_all_or_nothing, 0},
	{"what is sent behind a batch, and the finish, show it too", sends_behind_batches,
	 receives_batches, 0},
	{"a batch that finds no room is shown, and goes on", batches_more_than_fits,
	 receives_more_than_fits, 0},
	{"a batch wakes nobody, and its flush wakes the receiver once", batches_quietly,
	 sleeps_till_the_flush, 0},
	{.says = NULL},
};
