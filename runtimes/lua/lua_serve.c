/* SPDX-License-Identifier: MIT */
/*
 * endpoint:serve: requests to a function, its results as replies. An
 * error in the function is a reply, too, and what it returns wrongly.
 */
#include "runtimes/lua/runtime_lua_call.h"

#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_task.h"

#define SERVE_TASKS_MAX 4096

/* Places on the stack: what stays, then what belongs to one request. */
enum {
	SERVE_ENDPOINT = 1,
	SERVE_HANDLER,
	SERVE_VALUES,
	SERVE_CONNECTION,
	SERVE_NUMBER,
	SERVE_REPLY, /* and before there is one, the handler, with the request above */
};

static int serve_on(lua_State *L, int status, lua_KContext context);

static int request_refuse(lua_State *L)
{
	return luaL_error(L, "the request is malformed");
}

/*
 * What mailbox_peek has found: connection, number, handler, request. Taken only once they
 * are there: when memory is out, no request is lost. 0: others have taken it meanwhile.
 * [-0, +0|2|4, m]
 */
static int request_take(lua_State *L, const struct runtime_lua_endpoint *e, bool boxed,
			struct runtime_lua_numbered *m)
{
	struct channel *ch = e->ch;
	uint64_t cursor = ch->rx.cursor, before = ch->rx.serve.number;

	if (boxed)
		m->number = runtime_lua_boxed_number(ch->rx.serve.word);
	else if (!runtime_lua_take_number(ch, m, CALL_NUMBER))
		return runtime_lua_failure(L, ch, CHANNEL_CLOSED);
	lua_pushinteger(L, e->connection);
	lua_pushinteger(L, (lua_Integer)m->number);
	lua_pushvalue(L, SERVE_HANDLER);
	if (!lua_toboolean(L, SERVE_VALUES)) {
		lua_pushlstring(L, m->bytes, m->len);
	} else if (runtime_lua_push_value(L, m->bytes, m->len) == 2) {
		lua_pushcfunction(L, request_refuse);
		lua_replace(L, SERVE_REPLY);
		lua_pop(L, 1);
	}
	if (!boxed)
		return runtime_lua_taken(L, e, ch, cursor, 4);
	if (e->ch != ch || ch->rx.serve.number != before) {
		lua_pop(L, 4);
		return 0;
	}
	mailbox_take(ch);
	return 4;
}

static bool request_is_there(const void *endpoint)
{
	const struct runtime_lua_endpoint *e = endpoint;
	const void *msg;
	bool boxed;
	size_t len;

	return e->gone || mailbox_peek(e->ch, CHANNEL_NOW, &boxed, &msg, &len) != CHANNEL_AGAIN;
}

/* Wait for the next request, and take it; or nil and a word. [-0, +2|4, v] */
static int request_receive(lua_State *L)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	const struct runtime_lua_wait_item item = {
		.kind = RUNTIME_LUA_WAIT_OTHER, .ch = &e->ch, .is_over = request_is_there, .of = e};
	enum channel_status status = CHANNEL_CLOSED;
	struct runtime_lua_numbered m;
	bool boxed, stopping = false;
	int results;

	runtime_lua_turn(L, 0, serve_on);
	while (!e->gone) {
		runtime_lua_view_refuse(L, e);
		status = mailbox_peek(e->ch, runtime_lua_alone() ? CHANNEL_FOREVER : CHANNEL_NOW,
				      &boxed, &m.bytes, &m.len);
		results = status == CHANNEL_OK ? request_take(L, e, boxed, &m) : 0;
		if (results)
			return results;
		if (status == CHANNEL_OK)
			continue;
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(CHANNEL_FOREVER, &stopping))
			break;
		runtime_lua_wait_one(L, &item, CHANNEL_FOREVER, serve_on);
	}
	return runtime_lua_failure(L, e->ch, stopping ? CHANNEL_STOPPING : status);
}

static void reply_fail(lua_State *L)
{
	uint64_t number = (uint64_t)lua_tointeger(L, SERVE_NUMBER);

	lua_pushinteger(L, (lua_Integer)(number | CALL_FAILED));
	lua_replace(L, SERVE_NUMBER);
	lua_replace(L, SERVE_REPLY);
}

/* Send the reply, which is a string, if who asked is still there. [-0, +0, e] */
static void reply_send(lua_State *L, lua_KFunction k)
{
	const struct runtime_lua_endpoint *e = lua_touserdata(L, SERVE_ENDPOINT);
	struct runtime_lua_numbered m = {.number = (uint64_t)lua_tointeger(L, SERVE_NUMBER)};

	m.bytes = lua_tolstring(L, SERVE_REPLY, &m.len);
	if (lua_tointeger(L, SERVE_CONNECTION) != e->connection ||
	    runtime_lua_send_number(L, e, &m, CHANNEL_FOREVER, k) != CHANNEL_TOO_BIG)
		return;
	lua_pushfstring(L, "the reply has %I bytes, expected at most %I", (LUAI_UACINT)m.len,
			(LUAI_UACINT)(channel_max(e->ch) - sizeof(m.number)));
	reply_fail(L);
	reply_send(L, k);
}

/* A value that needs neither a string nor to be waited for. [-0, +0, m] */
static bool reply_plain(lua_State *L)
{
	const struct runtime_lua_endpoint *e = lua_touserdata(L, SERVE_ENDPOINT);
	char bytes[RUNTIME_LUA_PLAIN];
	struct runtime_lua_numbered m = {(uint64_t)lua_tointeger(L, SERVE_NUMBER), bytes, 0};

	if (lua_toboolean(L, SERVE_VALUES) && lua_tointeger(L, SERVE_CONNECTION) == e->connection)
		m.len = runtime_lua_encode_plain(L, SERVE_REPLY, bytes);
	return m.len && runtime_lua_send_number(L, e, &m, CHANNEL_NOW, NULL) != CHANNEL_AGAIN;
}

static int reply_on(lua_State *L, int status, lua_KContext context)
{
	reply_send(L, reply_on);
	return serve_on(L, status, context);
}

static int reply_encode(lua_State *L)
{
	runtime_lua_push_encoded(L, 1);
	return 1;
}

/* The handler has returned, or failed; make a string of that. [-0, +0, m] */
static void reply_make(lua_State *L, bool good)
{
	bool values = lua_toboolean(L, SERVE_VALUES);

	if (good && values) {
		lua_pushcfunction(L, reply_encode);
		lua_insert(L, SERVE_REPLY);
		good = lua_pcall(L, 1, 1, 0) == LUA_OK;
	} else if (good && !lua_isstring(L, SERVE_REPLY)) {
		lua_pushfstring(L, "the reply is a %s, expected a string",
				luaL_typename(L, SERVE_REPLY));
		reply_fail(L);
		return;
	}
	if (good)
		return;
	if (lua_isstring(L, SERVE_REPLY))
		lua_pushvalue(L, SERVE_REPLY);
	else
		lua_pushfstring(L, "error object is a %s value", luaL_typename(L, SERVE_REPLY));
	reply_fail(L);
}

static int handled_on(lua_State *L, int status, lua_KContext context)
{
	reply_make(L, status == LUA_OK || status == LUA_YIELD);
	return reply_on(L, status, context);
}

/* [-0, +2, v] */
static int serve_on(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	for (;;) {
		lua_settop(L, SERVE_VALUES);
		if (request_receive(L) == 2)
			return 2;
		status = lua_pcallk(L, 1, 1, 0, context, handled_on);
		if (status == LUA_OK && reply_plain(L))
			continue;
		reply_make(L, status == LUA_OK);
		reply_send(L, reply_on);
	}
}

static int serve_task(lua_State *L)
{
	return serve_on(L, LUA_OK, 0);
}

/* As many tasks as are asked for, of which this is one. [-0, +2, v] */
static int serve(lua_State *L, bool values)
{
	lua_Integer tasks = luaL_optinteger(L, 3, 1);

	runtime_lua_endpoint_check(L);
	luaL_checktype(L, SERVE_HANDLER, LUA_TFUNCTION);
	luaL_argcheck(L, tasks >= 1 && tasks <= SERVE_TASKS_MAX, 3, "1 to 4096 tasks expected");
	lua_settop(L, SERVE_HANDLER);
	lua_pushboolean(L, values);
	while (--tasks) {
		lua_pushcfunction(L, runtime_lua_spawn);
		lua_pushcfunction(L, serve_task);
		for (int i = SERVE_ENDPOINT; i <= SERVE_VALUES; i++)
			lua_pushvalue(L, i);
		lua_call(L, 4, 0);
	}
	return serve_task(L);
}

int runtime_lua_serve(lua_State *L)
{
	return serve(L, false);
}

int runtime_lua_serve_values(lua_State *L)
{
	return serve(L, true);
}
