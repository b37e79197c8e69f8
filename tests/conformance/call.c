/* SPDX-License-Identifier: MIT */
/* Requests and their replies, short ones and long ones by turns: call.h, whatever carries them. */
#include "ipc/call.h"

#include <stdio.h>

#include "tests/conformance/conformance.h"

#define FLIGHT 5        /* calls at a time */
#define REPLY_MOST 128  /* bytes */
#define REPLIES_AT 1000 /* the number of the message that answers request 0 */

static size_t request_length(unsigned n)
{
	return n * 7 % 120;
}

static size_t reply_length(unsigned n)
{
	return n * 5 % 110;
}

/* A request that is under way, and where its reply goes. */
struct flight {
	struct call call;
	unsigned char reply[REPLY_MOST];
};

static enum channel_status ask(struct side *s, struct call_client *c, struct flight *f, unsigned n,
			       uint64_t deadline)
{
	size_t len = request_length(n);
	const struct channel_part part = {side_message(s, n, len), len};

	return call_start(c, &f->call, &part, 1, f->reply, sizeof(f->reply), deadline);
}

static void hear(struct side *s, struct call_client *c, struct flight *f, unsigned n)
{
	GIVES(s, CHANNEL_OK, call_wait(c, &f->call, CHANNEL_FOREVER));
	side_compare(s, REPLIES_AT + n, reply_length(n), f->reply, f->call.length);
	call_drop(c, &f->call);
}

/* Request n, which the next one has to be. */
static uint64_t take(struct side *s, unsigned n)
{
	const void *msg;
	uint64_t id;
	size_t len;

	GIVES(s, CHANNEL_OK, call_receive(s->ch, CHANNEL_FOREVER, &id, &msg, &len));
	side_compare(s, n, request_length(n), msg, len);
	GIVES(s, CHANNEL_OK, channel_release(s->ch));
	return id;
}

static void answer(struct side *s, uint64_t id, unsigned n)
{
	size_t len = reply_length(n);

	GIVES(s, CHANNEL_OK,
	      call_reply(s->ch, id, side_message(s, REPLIES_AT + n, len), len, CHANNEL_FOREVER));
}

static void serves_no_more(struct side *s)
{
	const void *msg;
	uint64_t id;
	size_t len;

	GIVES(s, CHANNEL_CLOSED, call_receive(s->ch, CHANNEL_FOREVER, &id, &msg, &len));
}

static void calls(struct side *s)
{
	struct call_client c;
	struct flight f;

	call_client_init(&c, s->ch);
	for (unsigned n = 0; n < 2 * s->rounds; n++) {
		GIVES(s, CHANNEL_OK, ask(s, &c, &f, n, CHANNEL_FOREVER));
		hear(s, &c, &f, n);
		side_pause(s, 100 * US);
	}
	channel_finish(s->ch);
}

static void serves(struct side *s)
{
	for (unsigned n = 0; n < 2 * s->rounds; n++) {
		uint64_t id = take(s, n);

		side_pause(s, 100 * US);
		answer(s, id, n);
	}
	serves_no_more(s);
}

static void calls_many(struct side *s)
{
	struct call_client c;
	struct flight f[FLIGHT];

	call_client_init(&c, s->ch);
	for (unsigned n = 0; n < s->rounds; n++) {
		for (unsigned i = 0; i < FLIGHT; i++)
			GIVES(s, CHANNEL_OK, ask(s, &c, &f[i], FLIGHT * n + i, CHANNEL_FOREVER));
		for (unsigned i = 0; i < FLIGHT; i++)
			hear(s, &c, &f[i], FLIGHT * n + i);
	}
	channel_finish(s->ch);
}

static void serves_many(struct side *s)
{
	for (unsigned n = 0; n < FLIGHT * s->rounds; n++)
		answer(s, take(s, n), n);
	serves_no_more(s);
}

/* Those with even numbers fail. */
static void calls_what_fails(struct side *s)
{
	struct call_client c;
	struct flight f;
	char words[16];

	call_client_init(&c, s->ch);
	for (unsigned n = 0; n < s->rounds; n++) {
		GIVES(s, CHANNEL_OK, ask(s, &c, &f, n, CHANNEL_FOREVER));
		if (n % 2) {
			hear(s, &c, &f, n);
			continue;
		}
		GIVES(s, CHANNEL_FAILED, call_wait(&c, &f.call, CHANNEL_FOREVER));
		snprintf(words, sizeof(words), "not %u", n);
		CHECK(s, f.call.length == strlen(words) && !memcmp(f.reply, words, f.call.length));
		call_drop(&c, &f.call);
	}
	channel_finish(s->ch);
}

static void fails_some(struct side *s)
{
	char words[16];

	for (unsigned n = 0; n < s->rounds; n++) {
		uint64_t id = take(s, n);

		snprintf(words, sizeof(words), "not %u", n);
		if (n % 2)
			answer(s, id, n);
		else
			GIVES(s, CHANNEL_OK, call_fail(s->ch, id, words, CHANNEL_FOREVER));
	}
	serves_no_more(s);
}

/* To every other one the reply comes when nobody waits for it any more. */
static void gives_up(struct side *s)
{
	struct call_client c;
	struct flight f;

	call_client_init(&c, s->ch);
	for (unsigned n = 0; n < s->rounds; n += 2) {
		GIVES(s, CHANNEL_OK, ask(s, &c, &f, n, CHANNEL_FOREVER));
		GIVES(s, CHANNEL_AGAIN, call_wait(&c, &f.call, side_in(side_random(s, 200) * US)));
		call_drop(&c, &f.call);
		side_meet(s);
		GIVES(s, CHANNEL_OK, ask(s, &c, &f, n + 1, CHANNEL_FOREVER));
		hear(s, &c, &f, n + 1);
	}
	channel_finish(s->ch);
}

static void answers_late(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n += 2) {
		uint64_t id = take(s, n);

		side_meet(s);
		answer(s, id, n);
		answer(s, take(s, n + 1), n + 1);
	}
	serves_no_more(s);
}

/* The end may have come before the call was under way. */
static void is_told(struct side *s, struct call_client *c, struct flight *f,
		    enum channel_status status)
{
	if (status == CHANNEL_OK) {
		status = call_wait(c, &f->call, CHANNEL_FOREVER);
		call_drop(c, &f->call);
	}
	GIVES(s, CHANNEL_CLOSED, status);
}

static void is_left_alone(struct side *s, enum channel_reason reason)
{
	struct call_client c;
	struct flight f[2];
	enum channel_status status[2];

	call_client_init(&c, s->ch);
	for (unsigned n = 0; n < 2; n++) {
		GIVES(s, CHANNEL_OK, ask(s, &c, &f[0], n, CHANNEL_FOREVER));
		hear(s, &c, &f[0], n);
	}
	for (unsigned n = 0; n < 2; n++)
		status[n] = ask(s, &c, &f[n], 2 + n, CHANNEL_FOREVER);
	for (unsigned n = 0; n < 2; n++)
		is_told(s, &c, &f[n], status[n]);
	CHECK(s, channel_reason(s->ch) == reason);
}

static void waits_for_the_closed(struct side *s)
{
	is_left_alone(s, CHANNEL_FINISHED);
}

static void waits_for_the_dead(struct side *s)
{
	is_left_alone(s, CHANNEL_PEER_DIED);
}

static void serves_two_and_takes_a_third(struct side *s)
{
	for (unsigned n = 0; n < 2; n++)
		answer(s, take(s, n), n);
	take(s, 2);
}

static void closes_on_a_call(struct side *s)
{
	serves_two_and_takes_a_third(s);
	channel_close(s->ch);
}

static void dies_on_a_call(struct side *s)
{
	serves_two_and_takes_a_third(s);
	side_die(s);
}

const struct sentence sentences_call[] = {
	{"every call brings its own reply", calls, serves, 0},
	{"requests are served in the order in which they were sent", calls_many, serves_many, 0},
	{"a call that failed brings the server's words", calls_what_fails, fails_some, 0},
	{"a reply that is late is nobody's", gives_up, answers_late, 0},
	{"calls in flight end with the channel", waits_for_the_closed, closes_on_a_call, 0},
	{"calls in flight end with the server's life", waits_for_the_dead, dies_on_a_call,
	 NEEDS_DEATH},
	{.says = NULL},
};
