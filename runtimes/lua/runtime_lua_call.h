/* SPDX-License-Identifier: MIT */
/* Requests and replies: what the two sides of them share, and what others call. */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_CALL_H
#define RUNTIMES_LUA_RUNTIME_LUA_CALL_H

#include <stdbool.h>

#include "ipc/call.h"
#include "ipc/mailbox_line.h"
#include "runtimes/lua/runtime_lua_channel.h"

/* endpoint:call(request [, timeout]) -> reply | nil, word [, message]. [-0, +n, v] */
int runtime_lua_call(lua_State *L);
int runtime_lua_call_value(lua_State *L);

/* endpoint:serve(handler [, tasks]) -> nil, word. [-0, +2, v] */
int runtime_lua_serve(lua_State *L);
int runtime_lua_serve_values(lua_State *L);

/* The metatable of calls. [-0, +0, m] */
void runtime_lua_calls(lua_State *L);

/* Count the late reply that the mailbox has by now. */
void runtime_lua_calls_settle(struct runtime_lua_endpoint *e);

/* The endpoint loses its channel, and its calls their replies; to the next one, or to none. */
void runtime_lua_calls_leave(struct runtime_lua_endpoint *e, struct runtime_lua_endpoint *next);

/* The number of a call through the mailbox whose word this is. */
static inline uint64_t runtime_lua_boxed_number(uint64_t word)
{
	return CALL_BOXED | (mailbox_number(word) & CALL_NUMBER);
}

/* A request or a reply. */
struct runtime_lua_numbered {
	uint64_t number; /* the call's; in a reply, CALL_FAILED if it says that the call failed */
	const void *bytes;
	size_t len;
};

/*
 * Send a reply, in the mailbox where that waits for it; k where the coroutine had to wait, with
 * the stack as it is. [-0, +0, e]
 */
enum channel_status runtime_lua_send_number(lua_State *L, const struct runtime_lua_endpoint *e,
					    const struct runtime_lua_numbered *m, uint64_t deadline,
					    lua_KFunction k);

/*
 * Send a request as a message. Who waits for room takes the replies that come as messages
 * meanwhile: the server might wait for the room that they take. [-0, +0, e]
 */
enum channel_status runtime_lua_send_request(lua_State *L, struct runtime_lua_endpoint *e,
					     const struct runtime_lua_numbered *m,
					     uint64_t deadline, lua_KFunction k);

/* Takes them, and says whether a view keeps it from that: an is_over of runtime_lua_wait.h. */
bool runtime_lua_replies_held(const void *endpoint);

/*
 * Take the number off a message, whose bytes *m has. What has none, or other bits than `most`,
 * does not speak of calls, and breaks the channel.
 */
bool runtime_lua_take_number(struct channel *ch, struct runtime_lua_numbered *m, uint64_t most);

#endif
