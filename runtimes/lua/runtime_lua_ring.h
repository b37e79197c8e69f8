/* SPDX-License-Identifier: MIT */
/*
 * Calls of channel.h, inline as far as they need not wait: of what a message costs a
 * script, calls of functions are most.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_RING_H
#define RUNTIMES_LUA_RUNTIME_LUA_RING_H

#include <string.h>

#include "ipc/endpoint.h"
#include "runtimes/lua/runtime_lua_channel.h"

#define RUNTIME_LUA_SPINS 100  /* pauses; about a microsecond */
#define RUNTIME_LUA_AHEAD 2048 /* bytes; why ahead, channel_stream.h says */

/* channel_reserve; asks for a line further on, beyond the memory's end in vain. */
static inline enum channel_status runtime_lua_reserve(struct channel *ch, size_t len,
						      uint64_t deadline, void **room)
{
	enum channel_status status = ring_reserve(&ch->tx, len, room);

	if (ring_rare(status != CHANNEL_OK))
		return channel_reserve(ch, len, deadline, room);
	ring_ask((char *)*room + RUNTIME_LUA_AHEAD);
	return CHANNEL_OK;
}

/* channel_commit of at most what was reserved. */
static inline enum channel_status runtime_lua_commit(struct channel *ch, size_t len)
{
	uint32_t flag;

	if (ring_rare(ch->tx.withheld))
		return channel_commit(ch, len);
	flag = ring_commit(&ch->tx, len);
	return ring_rare(flag) ? endpoint_answer(ch, flag) : CHANNEL_OK;
}

/* channel_send. */
static inline enum channel_status runtime_lua_post(struct channel *ch, const void *msg, size_t len,
						   uint64_t deadline)
{
	void *room;
	enum channel_status status = runtime_lua_reserve(ch, len, deadline, &room);

	if (ring_rare(status != CHANNEL_OK))
		return status;
	memcpy(room, msg, len);
	return runtime_lua_commit(ch, len);
}

/* channel_release of the message that was peeked. */
static inline void runtime_lua_release(struct channel *ch)
{
	if (ring_rare(ring_release(&ch->rx)))
		endpoint_ack(ch);
}

/*
 * Whether the message that was peeked at this cursor of e's is still to be released. What
 * allocates may run finalizers, and they what they like, such as to receive it, or to let
 * other tasks do so: then it is theirs.
 */
static inline bool runtime_lua_is_held(const struct runtime_lua_endpoint *e,
				       const struct channel *ch, uint64_t cursor)
{
	return e->ch == ch && ch->rx.cursor == cursor && ch->rx.held && !e->view;
}

/* Release it, having made so many results of it; or none, where it is no more. [-0|n, +0, -] */
static inline int runtime_lua_taken(lua_State *L, const struct runtime_lua_endpoint *e,
				    struct channel *ch, uint64_t cursor, int results)
{
	if (ring_rare(!runtime_lua_is_held(e, ch, cursor))) {
		lua_pop(L, results);
		return 0;
	}
	runtime_lua_release(ch);
	return results;
}

/*
 * Look for the answer to what was sent, before the channel's call does so with more ado.
 * Only in a dialogue: between two messages of a stream it is that call that knows how
 * long to stay away. *sent: the count of messages at the last time.
 */
static inline bool runtime_lua_answered(struct channel *ch, uint64_t *sent, const void **msg,
					size_t *len)
{
	if (ch->tx.sent == *sent || ch->beside)
		return false;
	*sent = ch->tx.sent;
	for (unsigned i = 0; i < RUNTIME_LUA_SPINS; i++) {
		if (ring_peek_now(&ch->rx, msg, len))
			return true;
		bell_pause();
	}
	return false;
}

#endif
