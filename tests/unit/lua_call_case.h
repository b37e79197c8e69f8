/* SPDX-License-Identifier: MIT */
/*
 * For unit tests of endpoint:call and endpoint:serve: scripts at one end, ipc/call.h at the
 * other, so that both languages agree about the bytes.
 */
#ifndef TESTS_UNIT_LUA_CALL_CASE_H
#define TESTS_UNIT_LUA_CALL_CASE_H

#include "tests/unit/lua_pair.h"

#include <pthread.h>

#include "ipc/call.h"
#include "ipc/mailbox.h"

/* A server or client in C while a script runs; what it asserts it says by its result. */
struct peer {
	struct channel *ch;
	const char *wrong; /* NULL: nothing */
};

static inline void with_peer(struct fixture *f, void *(*body)(void *), const char *script)
{
	struct peer p = {.ch = f->one.b};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, body, &p), 0);
	run(f, script);
	pthread_join(thread, NULL);
	if (p.wrong)
		fail_msg("the peer: %s", p.wrong);
}

struct request {
	uint64_t id;
	char text[64];
	size_t len;
};

static inline bool request_take(struct channel *ch, struct request *r)
{
	const void *msg;

	if (call_receive(ch, CHANNEL_FOREVER, &r->id, &msg, &r->len) != CHANNEL_OK)
		return false;
	r->len = r->len < sizeof(r->text) ? r->len : sizeof(r->text);
	memcpy(r->text, msg, r->len);
	channel_release(ch);
	return true;
}

static inline bool request_is(const struct request *r, const char *text)
{
	size_t len = strlen(text);

	return r->len >= len && !memcmp(r->text, text, len);
}

/* With its own bytes. */
static inline enum channel_status request_echo(struct channel *ch, const struct request *r)
{
	return call_reply(ch, r->id, r->text, r->len, CHANNEL_FOREVER);
}

/* A server's first look for requests, so that the first one may use the mailbox. */
static inline void mailbox_open(struct fixture *f)
{
	const void *msg;
	bool request;
	size_t len;

	assert_int_equal(mailbox_receive(f->one.b, CHANNEL_NOW, &request, &msg, &len),
			 CHANNEL_AGAIN);
}

/* Sends every request back, but fails those that begin with "fail". */
static inline void *echo(void *arg)
{
	struct peer *p = arg;
	struct request r;

	while (request_take(p->ch, &r))
		if (request_is(&r, "fail"))
			call_fail(p->ch, r.id, "as you wish", CHANNEL_FOREVER);
		else
			request_echo(p->ch, &r);
	return NULL;
}

/* Takes one request and is gone. */
static inline void *dead(void *arg)
{
	struct peer *p = arg;
	struct request r;

	request_take(p->ch, &r);
	endpoint_close(p->ch, CHANNEL_PEER_DIED);
	return NULL;
}

#endif
