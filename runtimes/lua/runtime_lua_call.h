/* SPDX-License-Identifier: MIT */
/* Requests and replies: what the two sides of them share, and what others call. */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_CALL_H
#define RUNTIMES_LUA_RUNTIME_LUA_CALL_H

#include <stdbool.h>

#include "runtimes/lua/runtime_lua_channel.h"

/* endpoint:call(request [, timeout]) -> reply | nil, word [, message]. [-0, +n, v] */
int runtime_lua_call(lua_State *L);
int runtime_lua_call_value(lua_State *L);

/* endpoint:serve(handler [, tasks]) -> nil, word. [-0, +2, v] */
int runtime_lua_serve(lua_State *L);
int runtime_lua_serve_values(lua_State *L);

/* The metatable of calls. [-0, +0, m] */
void runtime_lua_calls(lua_State *L);

/* Send a number and bytes; k where the coroutine had to wait, with the stack as it is. [-0, +0, e]
 */
enum channel_status runtime_lua_send_number(lua_State *L, const struct runtime_lua_endpoint *e,
					    uint64_t number, const char *bytes, size_t len,
					    uint64_t deadline, lua_KFunction k);

/* Take the number off a message; without one the peer speaks of no calls, and the channel breaks.
 */
bool runtime_lua_take_number(struct channel *ch, const void **msg, size_t *len, uint64_t *number);

#endif
