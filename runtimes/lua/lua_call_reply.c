/* SPDX-License-Identifier: MIT */
/*
 * Replies as they come: whoever waits for one looks at the ring for all. A reply that is
 * another's is kept with that call, one that nobody waits for is dropped and counted. The
 * mailbox is one call's at a time, and the server's still once that has given up.
 */
#include "runtimes/lua/runtime_lua_reply.h"

#include <stdlib.h>
#include <string.h>

#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

/* They are in the order of their requests, and so are most replies. */
static struct runtime_lua_call *call_find(const struct runtime_lua_endpoint *e, uint64_t id)
{
	struct runtime_lua_call *c;

	TAILQ_FOREACH (c, &e->calls, others)
		if (c->id == id)
			break;
	return c;
}

/* Nobody waits for it any more. */
static void reply_discard(struct runtime_lua_endpoint *e, uint64_t id)
{
	e->late++;
	if (e->dropped && e->dropped == id)
		e->dropped = 0;
	else
		e->lost -= e->lost > 0;
}

/* A reply that another one has found: kept for its call, or dropped. */
static void reply_keep(struct runtime_lua_endpoint *e, const struct runtime_lua_numbered *reply)
{
	struct runtime_lua_call *c = call_find(e, reply->number & ~CALL_FAILED);

	if (!c || c->kept) {
		reply_discard(e, reply->number & ~CALL_FAILED);
		return;
	}
	c->kept = true;
	runtime_lua_wait_changed();
	c->reply = *reply;
	c->reply.bytes = malloc(reply->len + 1);
	if (c->reply.bytes)
		memcpy((void *)c->reply.bytes, reply->bytes, reply->len);
}

enum channel_status runtime_lua_reply_peek(struct runtime_lua_endpoint *e, uint64_t id,
					   uint64_t deadline, struct runtime_lua_numbered *reply)
{
	enum channel_status status;

	for (;;) {
		status = channel_peek(e->ch, deadline, &reply->bytes, &reply->len);
		if (status != CHANNEL_OK)
			return status;
		if (!runtime_lua_take_number(e->ch, reply, CALL_BOXED | CALL_FAILED | CALL_NUMBER))
			return CHANNEL_CLOSED;
		if ((reply->number & ~CALL_FAILED) == id)
			return CHANNEL_OK;
		reply_keep(e, reply);
		runtime_lua_release(e->ch);
	}
}

/*
 * Every message there is: all are replies that somebody waits for, or nobody. Late ones are
 * to take no room while all calls go through the mailbox.
 */
static void replies_drain(struct runtime_lua_endpoint *e)
{
	struct runtime_lua_numbered reply;

	/* No call has the number 0. */
	runtime_lua_reply_peek(e, 0, CHANNEL_NOW, &reply);
}

bool runtime_lua_replies_held(const void *endpoint)
{
	struct runtime_lua_endpoint *e = (void *)(uintptr_t)endpoint;

	if (!e->view)
		replies_drain(e);
	return e->view;
}

/* Whether the line of the mailbox is back, as far as that can be told. */
static bool box_is_back(struct channel *ch)
{
	struct endpoint_attempt a = {.ch = ch};

	return mailbox_attempt(&a) == CHANNEL_OK;
}

void runtime_lua_calls_settle(struct runtime_lua_endpoint *e)
{
	const struct mailbox_caller *box = &e->ch->tx.call;

	if (!e->dropped || box->calling || !box_is_back(e->ch))
		return;
	if (mailbox_kind(box->answer) == MAILBOX_REPLY)
		e->late++;
	else
		e->lost++;
	e->dropped = 0;
}

/*
 * Not while messages are to come that only those would take away who wait for some: the
 * server might wait for room.
 */
bool runtime_lua_box_send(struct runtime_lua_endpoint *e, const void *request, size_t len)
{
	if (len > MAILBOX_MAX)
		return false;
	runtime_lua_calls_settle(e);
	if (ring_rare(e->lost))
		replies_drain(e);
	return !e->lost && !e->dropped &&
	       mailbox_start(e->ch, request, len, CHANNEL_NOW) == CHANNEL_OK;
}

void runtime_lua_box_drop(struct runtime_lua_endpoint *e, bool comes)
{
	e->dropped = comes ? runtime_lua_box_id(e->ch) : 0;
	e->boxed = NULL;
	mailbox_drop(e->ch);
}

void runtime_lua_calls_leave(struct runtime_lua_endpoint *e, struct runtime_lua_endpoint *next)
{
	struct runtime_lua_call *c;

	TAILQ_FOREACH (c, &e->calls, others) {
		if (c != e->boxed && !c->kept && !c->done)
			e->lost++;
	}
	if (e->boxed)
		runtime_lua_box_drop(e, true);
	if (next) {
		next->lost = e->lost;
		next->dropped = e->dropped;
	}
	e->lost = e->dropped = 0;
}

enum channel_status runtime_lua_reply_look(const struct runtime_lua_call *c, char line[MAILBOX_MAX],
					   struct runtime_lua_numbered *reply)
{
	struct runtime_lua_endpoint *e = c->endpoint;
	enum channel_status status;

	if (c->connection != e->connection)
		return CHANNEL_CLOSED;
	if (e->boxed == c) {
		status = mailbox_wait(e->ch, line, MAILBOX_MAX, &reply->len, CHANNEL_NOW);
		/* Too big: a message has it. */
		if (status != CHANNEL_OK && status != CHANNEL_TOO_BIG)
			return status;
		e->boxed = NULL;
		reply->number = c->id;
		reply->bytes = line;
		if (status == CHANNEL_OK)
			return CHANNEL_OK;
	}
	return runtime_lua_reply_peek(e, c->id, CHANNEL_NOW, reply);
}

bool runtime_lua_reply_is_over(const void *call)
{
	const struct runtime_lua_call *c = call;
	struct runtime_lua_endpoint *e = c->endpoint;
	struct endpoint_attempt a = {.ch = e->ch};
	struct runtime_lua_numbered reply;

	if (c->kept || c->connection != e->connection || e->view)
		return true;
	if (e->boxed == c && e->lost && !c->drains)
		return true;
	if (e->boxed == c && e->lost)
		replies_drain(e);
	if (e->boxed == c)
		return mailbox_attempt(&a) != CHANNEL_AGAIN;
	return runtime_lua_reply_peek(e, c->id, CHANNEL_NOW, &reply) != CHANNEL_AGAIN;
}
