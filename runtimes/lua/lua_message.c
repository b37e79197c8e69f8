/* SPDX-License-Identifier: MIT */
/* Messages of endpoints, as strings: sending and receiving, and what receives otherwise, too. */
#include "runtimes/lua/runtime_lua_channel.h"

#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_integer.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

static int send_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	return runtime_lua_send_string(L, (uint64_t)deadline);
}

int runtime_lua_send_string(lua_State *L, uint64_t deadline)
{
	const struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	enum channel_status status;
	bool stopping = false;
	size_t len;
	const char *msg = lua_tolstring(L, 2, &len);

	runtime_lua_turn(L, (lua_KContext)deadline, send_on);
	for (;;) {
		status = runtime_lua_post(e->ch, msg, len,
					  runtime_lua_alone() ? deadline : CHANNEL_NOW);
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_for(L, RUNTIME_LUA_WAIT_ROOM, &e->ch, len, deadline, send_on);
	}
	return runtime_lua_sent(L, e->ch, stopping ? CHANNEL_STOPPING : status);
}

int runtime_lua_send(lua_State *L)
{
	const struct runtime_lua_endpoint *e = runtime_lua_endpoint_alone(L);
	enum channel_status status;
	size_t len;
	const char *msg = luaL_checklstring(L, 2, &len);

	if (e && lua_gettop(L) == 2) {
		status = runtime_lua_post(e->ch, msg, len, CHANNEL_FOREVER);
		return status == CHANNEL_OK ? runtime_lua_sent_well(L)
					    : runtime_lua_sent(L, e->ch, status);
	}
	return runtime_lua_send_string(L, runtime_lua_deadline_check(L, 3));
}

void runtime_lua_view_refuse(lua_State *L, const struct runtime_lua_endpoint *e)
{
	if (e->view)
		luaL_error(L, "channel %s: a view still holds its message", channel_name(e->ch));
}

int runtime_lua_receive(lua_State *L, uint64_t deadline, runtime_lua_take take, lua_KFunction k)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	enum channel_status status;
	bool stopping = false;
	const void *msg;
	int results;
	size_t len;

	runtime_lua_turn(L, (lua_KContext)deadline, k);
	for (;;) {
		runtime_lua_view_refuse(L, e);
		status = channel_peek(e->ch, runtime_lua_alone() ? deadline : CHANNEL_NOW, &msg,
				      &len);
		results = status == CHANNEL_OK ? take(L, e, msg, len) : 0;
		if (results)
			return results;
		if (status == CHANNEL_OK)
			continue;
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_for(L, RUNTIME_LUA_WAIT_MESSAGE, &e->ch, 0, deadline, k);
	}
	return runtime_lua_failure(L, e->ch, stopping ? CHANNEL_STOPPING : status);
}

/*
 * The above where there is nothing to weigh up: nobody else is to run, it may take for ever,
 * and there is a message in the end. NULL: it is to be weighed up. [-0, +0, v]
 */
static inline __attribute__((always_inline)) struct runtime_lua_endpoint *
receive_alone(lua_State *L, int args, const void **msg, size_t *len)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_alone(L);

	if (!e || lua_gettop(L) != args || e->view)
		return NULL;
	return runtime_lua_answered(e->ch, &e->sent, msg, len) ||
			       channel_peek(e->ch, CHANNEL_FOREVER, msg, len) == CHANNEL_OK
		       ? e
		       : NULL;
}

/* Released only once it is a string: when memory is out, no message is lost. [-0, +0|1, m] */
static int take_string(lua_State *L, struct runtime_lua_endpoint *e, const void *msg, size_t len)
{
	struct channel *ch = e->ch;
	uint64_t cursor = ch->rx.cursor;

	lua_pushlstring(L, msg, len);
	return runtime_lua_taken(L, e, ch, cursor, 1);
}

static int recv_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	return runtime_lua_receive(L, (uint64_t)deadline, take_string, recv_on);
}

int runtime_lua_recv(lua_State *L)
{
	struct runtime_lua_endpoint *e;
	const void *msg;
	size_t len;

	e = receive_alone(L, 1, &msg, &len);
	if (e && take_string(L, e, msg, len))
		return 1;
	return recv_on(L, LUA_OK, (lua_KContext)runtime_lua_deadline_check(L, 2));
}

static int recv_value_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	return runtime_lua_receive(L, (uint64_t)deadline, runtime_lua_take_value, recv_value_on);
}

int runtime_lua_recv_value(lua_State *L)
{
	lua_Integer value;
	struct runtime_lua_endpoint *e;
	const void *msg;
	int results;
	size_t len;

	e = receive_alone(L, 1, &msg, &len);
	if (e && runtime_lua_integer_read(msg, len, &value)) {
		lua_pushinteger(L, value);
		runtime_lua_release(e->ch);
		return 1;
	}
	results = e ? runtime_lua_take_value(L, e, msg, len) : 0;
	if (results)
		return results;
	return recv_value_on(L, LUA_OK, (lua_KContext)runtime_lua_deadline_check(L, 2));
}

/* What the loop below calls; its second argument is the message before. [-0, +1|2, v] */
static int messages_next(lua_State *L)
{
	struct runtime_lua_endpoint *e;
	const void *msg;
	size_t len;

	e = receive_alone(L, 2, &msg, &len);
	if (e && take_string(L, e, msg, len))
		return 1;
	return recv_on(L, LUA_OK, (lua_KContext)CHANNEL_FOREVER);
}

int runtime_lua_messages(lua_State *L)
{
	runtime_lua_endpoint_check(L);
	lua_pushcfunction(L, messages_next);
	lua_pushvalue(L, 1);
	return 2;
}
