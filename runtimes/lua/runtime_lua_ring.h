/* SPDX-License-Identifier: MIT */
/*
 * Calls of channel.h, inline as far as they need not wait: of what a message costs a
 * script, calls of functions are most.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_RING_H
#define RUNTIMES_LUA_RUNTIME_LUA_RING_H

#include <string.h>

#include "ipc/endpoint.h"

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
