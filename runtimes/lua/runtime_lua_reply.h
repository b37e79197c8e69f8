/* SPDX-License-Identifier: MIT */
/*
 * The calls of an endpoint that wait for their replies, and where these are found: in the
 * ring, in the mailbox, or with a call for which another one has found its reply.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_REPLY_H
#define RUNTIMES_LUA_RUNTIME_LUA_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ipc/endpoint.h"
#include "runtimes/lua/runtime_lua_call.h"

/* A task's, in flight; lua_call.c's userdata. */
struct runtime_lua_call {
	TAILQ_ENTRY(runtime_lua_call) others;
	struct runtime_lua_endpoint *endpoint; /* NULL: not in flight */
	uint64_t id; /* CALL_BOXED and the mailbox's, or one that the component has given */
	uint64_t deadline;
	unsigned connection; /* that it was sent on */
	bool value;          /* the reply is to be decoded */
	bool kept;           /* somebody else has found the reply, */
	bool done;           /* or the call itself */
	bool drains;         /* it takes late replies away while it waits for the mailbox */
	struct runtime_lua_numbered reply; /* kept: malloc'd bytes; NULL: no memory for them */
};

/* The id of the last call through the mailbox. */
static inline uint64_t runtime_lua_box_id(const struct channel *ch)
{
	return runtime_lua_boxed_number(ch->tx.call.word);
}

/* Send a request through the mailbox, if it is free and that will do. */
bool runtime_lua_box_send(struct runtime_lua_endpoint *e, const void *request, size_t len);

/* The call that uses the mailbox leaves it to the server; comes: a reply will, that is late. */
void runtime_lua_box_drop(struct runtime_lua_endpoint *e, bool comes);

/*
 * Wait for the reply to the call of this id that comes as a message, and leave it in the ring.
 * Those to others are kept with their calls, or dropped.
 */
enum channel_status runtime_lua_reply_peek(struct runtime_lua_endpoint *e, uint64_t id,
					   uint64_t deadline, struct runtime_lua_numbered *reply);

/* The reply to a call, left in the ring, or brought from the mailbox to `line`; never waits. */
enum channel_status runtime_lua_reply_look(const struct runtime_lua_call *c, char line[MAILBOX_MAX],
					   struct runtime_lua_numbered *reply);

/* Whether a call need not wait any more: an is_over of runtime_lua_wait.h. */
bool runtime_lua_reply_is_over(const void *call);

#endif
