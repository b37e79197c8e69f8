/* SPDX-License-Identifier: MIT */
/* The end of a connection: who sends no more, who has closed, who refuses, and what is still read.
 */
#include "tests/conformance/conformance.h"

#define LAST 3 /* messages before the end */

static void send_last(struct side *s)
{
	for (unsigned n = 0; n < LAST; n++)
		side_send_length(s, s->ch, n, 10 + n);
}

static void recv_last(struct side *s)
{
	for (unsigned n = 0; n < LAST; n++)
		side_recv_length(s, s->ch, n, 10 + n);
}

/* Every form of sending says so. */
static void cannot_send(struct side *s)
{
	struct channel_part part = {"x", 1};
	void *room;

	GIVES(s, CHANNEL_CLOSED, channel_send(s->ch, "x", 1, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_CLOSED, channel_send(s->ch, "x", 1, CHANNEL_NOW));
	GIVES(s, CHANNEL_CLOSED, channel_sendv(s->ch, &part, 1, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_CLOSED, channel_reserve(s->ch, 0, CHANNEL_FOREVER, &room));
	GIVES(s, CHANNEL_MISUSE, channel_commit(s->ch, 0));
	GIVES(s, CHANNEL_CLOSED, channel_flush(s->ch));
}

static void finishes_first(struct side *s)
{
	send_last(s);
	channel_finish(s->ch);
	channel_finish(s->ch);
	cannot_send(s);
	side_meet(s);
	recv_last(s); /* the other direction goes on */
	side_closed(s, s->ch, CHANNEL_FINISHED);
	cannot_send(s);
	side_meet(s);
}

static void finishes_second(struct side *s)
{
	side_meet(s);
	recv_last(s);
	side_closed(s, s->ch, CHANNEL_FINISHED);
	send_last(s);
	channel_finish(s->ch);
	cannot_send(s);
	side_meet(s);
}

static void expect_reason(struct side *s, enum channel_reason reason)
{
	CHECK(s, channel_reason(s->ch) == reason);
}

/* It is not told before it has read what was sent. */
static void learns_of_the_end_last(struct side *s)
{
	expect_reason(s, CHANNEL_OPEN);
	side_meet(s);
	expect_reason(s, CHANNEL_OPEN);
	recv_last(s);
	expect_reason(s, CHANNEL_OPEN);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void ends_with_a_finish(struct side *s)
{
	expect_reason(s, CHANNEL_OPEN);
	send_last(s);
	channel_finish(s->ch);
	expect_reason(s, CHANNEL_FINISHED);
	side_meet(s);
}

static void closes(struct side *s)
{
	const void *msg;
	size_t len;

	side_meet(s); /* messages wait for this side, one of them held */
	GIVES(s, CHANNEL_OK, channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len));
	send_last(s);
	channel_close(s->ch);
	GIVES(s, CHANNEL_MISUSE, channel_release(s->ch));
	side_closed(s, s->ch, CHANNEL_FINISHED);
	cannot_send(s);
	channel_close(s->ch);
	channel_finish(s->ch);
	side_closed(s, s->ch, CHANNEL_FINISHED);
	side_meet(s);
}

static void is_closed_upon(struct side *s)
{
	send_last(s);
	side_meet(s);
	side_meet(s);
	cannot_send(s);
	recv_last(s);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void fills_and_closes(struct side *s)
{
	unsigned n = side_fill(s, s->ch, 24);

	channel_close(s->ch);
	side_tell(s, n);
	side_meet(s);
}

static void reads_a_full_one(struct side *s)
{
	for (unsigned count = side_hear(s), n = 0; n < count; n++)
		side_recv_length(s, s->ch, n, 24);
	side_closed(s, s->ch, CHANNEL_FINISHED);
	side_meet(s);
}

static void closes_on_a_reader(struct side *s)
{
	side_send_length(s, s->ch, 7, 100);
	side_send_length(s, s->ch, 8, 100);
	side_meet(s);
	channel_close(s->ch);
	side_meet(s);
}

static void reads_what_it_holds(struct side *s)
{
	const void *msg;
	size_t len;

	GIVES(s, CHANNEL_OK, channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len));
	side_meet(s);
	side_meet(s);
	side_compare(s, 7, 100, msg, len);
	GIVES(s, CHANNEL_OK, channel_release(s->ch));
	side_recv_length(s, s->ch, 8, 100);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void breaks(struct side *s)
{
	send_last(s);
	side_meet(s);
	channel_break(s->ch);
	side_closed(s, s->ch, CHANNEL_PROTOCOL);
	cannot_send(s);
	expect_reason(s, CHANNEL_PROTOCOL);
	side_meet(s);
}

static void is_blamed(struct side *s)
{
	send_last(s);
	side_meet(s);
	side_meet(s);
	cannot_send(s);
	recv_last(s);
	side_closed(s, s->ch, CHANNEL_PROTOCOL);
	cannot_send(s);
	expect_reason(s, CHANNEL_PROTOCOL);
}

static void closes_too(struct side *s)
{
	for (unsigned i = 0; i < s->rounds / 10; i++) {
		side_pause(s, 50 * US);
		channel_close(s->ch);
		side_closed(s, s->ch, CHANNEL_FINISHED);
		cannot_send(s);
		side_anew(s);
	}
}

/* The ways in which a peer may be told while it waits. */
static void end_by(struct side *s, unsigned way)
{
	if (way == 0)
		channel_finish(s->ch);
	else if (way == 1)
		channel_close(s->ch);
	else
		channel_break(s->ch);
}

static enum channel_reason reason_of(unsigned way)
{
	return way == 2 ? CHANNEL_PROTOCOL : CHANNEL_FINISHED;
}

/* At once, soon, and when the other one sleeps. */
static void takes_its_time(struct side *s, unsigned i)
{
	if (i % 3)
		side_sleep(s, i % 3 == 1 ? 30 * US : 2 * MS);
}

static void ends_on_a_receiver(struct side *s)
{
	for (unsigned i = 0; i < 9; i++) {
		takes_its_time(s, i);
		end_by(s, i / 3);
		side_meet(s);
		channel_close(s->ch);
		side_anew(s);
	}
}

static void waits_for_a_message(struct side *s)
{
	for (unsigned i = 0; i < 9; i++) {
		GIVES(s, CHANNEL_CLOSED, side_look(s->ch, CHANNEL_FOREVER));
		expect_reason(s, reason_of(i / 3));
		side_meet(s);
		channel_close(s->ch);
		side_anew(s);
	}
}

static void ends_on_a_sender(struct side *s)
{
	for (unsigned i = 0; i < 6; i++) {
		side_meet(s);
		takes_its_time(s, i);
		end_by(s, 1 + i / 3);
		side_meet(s);
		side_anew(s);
	}
}

static void waits_for_room(struct side *s)
{
	size_t len = channel_max(s->ch);

	for (unsigned i = 0; i < 6; i++) {
		side_fill(s, s->ch, len);
		side_meet(s);
		GIVES(s, CHANNEL_CLOSED,
		      channel_send(s->ch, side_message(s, 0, len), len, CHANNEL_FOREVER));
		expect_reason(s, reason_of(1 + i / 3));
		side_meet(s);
		channel_close(s->ch);
		side_anew(s);
	}
}

const struct sentence sentences_close[] = {
	{"what was sent before a finish is read, and the other direction goes on", finishes_first,
	 finishes_second, 0},
	{"the receiver is told of the end behind the last message", ends_with_a_finish,
	 learns_of_the_end_last, 0},
	{"after a close nothing passes, and what the closer had sent is read", closes,
	 is_closed_upon, 0},
	{"a full channel can be closed, and nothing in it is lost", fills_and_closes,
	 reads_a_full_one, 0},
	{"a message that is held can be read while the peer closes", closes_on_a_reader,
	 reads_what_it_holds, 0},
	{"a break tells both ends of a protocol error, and what went before is read", breaks,
	 is_blamed, 0},
	{"both ends may close at once", closes_too, closes_too, 0},
	{"a receiver that waits is told of the end, whichever it is", ends_on_a_receiver,
	 waits_for_a_message, 0},
	{"a sender that waits for room is told of the end, whichever it is", ends_on_a_sender,
	 waits_for_room, 0},
	{.says = NULL},
};
