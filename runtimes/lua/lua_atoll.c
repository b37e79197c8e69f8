/* SPDX-License-Identifier: MIT */
/*
 * Module `atoll` for Lua components: channels, modules, counters, time.
 *
 * What may happen to a correct program (a closed channel, a timeout) is
 * answered by nil and a word; what may not (a call out of turn) is an error.
 */
#include "runtimes/lua/runtime_lua.h"

#include <errno.h>
#include <time.h>
#include <lauxlib.h>
#include <lua.h>

#include "container/component.h"
#include "ipc/channel.h"
#include "runtimes/lua/runtime_lua_state.h"

#define ENDPOINT "atoll.endpoint"

#define SECOND_NS UINT64_C(1000000000)
#define FOREVER_SECONDS 1e9 /* thirty years; as nanoseconds it still fits 64 bits */

struct endpoint {
	struct channel *ch; /* the container's; NULL when there was none to open */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* A timeout in seconds from now; nil or none waits for ever. [-0, +0, v] */
static uint64_t deadline_check(lua_State *L, int arg)
{
	lua_Number seconds;

	if (lua_isnoneornil(L, arg))
		return CHANNEL_FOREVER;
	seconds = luaL_checknumber(L, arg);
	luaL_argcheck(L, seconds == seconds, arg, "number of seconds expected, got NaN");
	if (seconds <= 0)
		return CHANNEL_NOW;
	if (seconds >= FOREVER_SECONDS)
		return CHANNEL_FOREVER;
	return now_ns() + (uint64_t)(seconds * SECOND_NS);
}

/* The first argument's channel. [-0, +0, v] */
static struct channel *channel_check(lua_State *L)
{
	struct endpoint *e = luaL_checkudata(L, 1, ENDPOINT);

	luaL_argcheck(L, e->ch, 1, "endpoint was never open");
	return e->ch;
}

/* The answer to a call that did not succeed: nil and a word. [-0, +2, v] */
static int failure_push(lua_State *L, const struct channel *ch, enum channel_status status)
{
	luaL_pushfail(L);
	switch (status) {
	case CHANNEL_AGAIN:
		lua_pushliteral(L, "timeout");
		return 2;
	case CHANNEL_CLOSED:
		lua_pushliteral(L, "closed");
		return 2;
	case CHANNEL_TOO_BIG:
		lua_pushliteral(L, "too big");
		return 2;
	case CHANNEL_STOPPING:
		runtime_lua_stop_seen(L);
		lua_pushliteral(L, "stopping");
		return 2;
	default:
		return luaL_error(L, "channel %s: %s", channel_name(ch),
				  channel_status_text(status));
	}
}

/* endpoint:send(message [, timeout]) -> true | nil, word. [-0, +1|2, v] */
static int endpoint_send(lua_State *L)
{
	struct channel *ch = channel_check(L);
	size_t len;
	const char *msg = luaL_checklstring(L, 2, &len);
	enum channel_status status = channel_send(ch, msg, len, deadline_check(L, 3));

	if (status != CHANNEL_OK)
		return failure_push(L, ch, status);
	lua_pushboolean(L, 1);
	return 1;
}

/* Released only once it is a string: when memory is out, no message is lost. [-0, +(0|1), m] */
static enum channel_status message_push(lua_State *L, struct channel *ch, uint64_t deadline)
{
	const void *msg;
	size_t len;
	enum channel_status status = channel_peek(ch, deadline, &msg, &len);

	if (status != CHANNEL_OK)
		return status;
	lua_pushlstring(L, msg, len);
	return channel_release(ch);
}

/* endpoint:recv([timeout]) -> message | nil, word. [-0, +1|2, v] */
static int endpoint_recv(lua_State *L)
{
	struct channel *ch = channel_check(L);
	enum channel_status status = message_push(L, ch, deadline_check(L, 2));

	return status == CHANNEL_OK ? 1 : failure_push(L, ch, status);
}

/* What the loop below calls; its second argument is the message before. [-0, +1|2, v] */
static int messages_next(lua_State *L)
{
	struct channel *ch = channel_check(L);
	enum channel_status status = message_push(L, ch, CHANNEL_FOREVER);

	return status == CHANNEL_OK ? 1 : failure_push(L, ch, status);
}

/* for message in endpoint:messages() do: until it closes, or we are to stop. [-0, +2, v] */
static int endpoint_messages(lua_State *L)
{
	channel_check(L);
	lua_pushcfunction(L, messages_next);
	lua_pushvalue(L, 1);
	return 2;
}

/* endpoint:finish(): send no more. [-0, +0, v] */
static int endpoint_finish(lua_State *L)
{
	channel_finish(channel_check(L));
	return 0;
}

/* endpoint:close(), <close> and the collector; any number of times. [-0, +0, v] */
static int endpoint_close(lua_State *L)
{
	struct endpoint *e = luaL_checkudata(L, 1, ENDPOINT);

	if (e->ch)
		channel_close(e->ch);
	return 0;
}

/* endpoint:reason() -> a word of channel_reason_text. [-0, +1, v] */
static int endpoint_reason(lua_State *L)
{
	lua_pushstring(L, channel_reason_text(channel_reason(channel_check(L))));
	return 1;
}

/* endpoint:name() [-0, +1, v] */
static int endpoint_name(lua_State *L)
{
	lua_pushstring(L, channel_name(channel_check(L)));
	return 1;
}

/* endpoint:max() -> bytes of the largest message. [-0, +1, v] */
static int endpoint_max(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)channel_max(channel_check(L)));
	return 1;
}

/* [-0, +0, m] */
static void field_set(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

/* endpoint:stats() -> table of counters. [-0, +1, v] */
static int endpoint_stats(lua_State *L)
{
	struct channel_stats s;

	channel_stats(channel_check(L), &s);
	lua_createtable(L, 0, 6);
	field_set(L, "sent", s.sent);
	field_set(L, "sent_bytes", s.sent_bytes);
	field_set(L, "received", s.received);
	field_set(L, "received_bytes", s.received_bytes);
	field_set(L, "parks", s.parks);
	field_set(L, "bells", s.bells);
	return 1;
}

static const char *open_error(int error)
{
	switch (error) {
	case EACCES:
		return "belongs to other components";
	case ECONNREFUSED:
		return "its peer has ended for good";
	default:
		return "not in the manifest";
	}
}

/* The endpoint that lives by this name, or a new one. [-0, +1, m] */
static struct endpoint *endpoint_push(lua_State *L, const char *name)
{
	struct endpoint *e;

	if (lua_getfield(L, lua_upvalueindex(1), name) == LUA_TUSERDATA)
		return lua_touserdata(L, -1);
	lua_pop(L, 1);
	e = lua_newuserdatauv(L, sizeof(*e), 0);
	e->ch = NULL;
	luaL_setmetatable(L, ENDPOINT);
	return e;
}

/*
 * atoll.open(name) -> endpoint | nil, message. While an endpoint lives, opening
 * its channel again gives the same one, lest the collector of one close the
 * other, connected anew where channel_open does that; the upvalue maps names to
 * them, weakly. [-0, +1|2, v]
 */
static int atoll_open(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct endpoint *e = endpoint_push(L, name);
	struct channel *ch = channel_open(name);

	if (!ch) {
		luaL_pushfail(L);
		lua_pushfstring(L, "%s: channel %s: %s", component_name(), name, open_error(errno));
		return 2;
	}
	e->ch = ch;
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(1), name);
	return 1;
}

/* atoll.module(i) -> contents of the i-th module, from 1, | nil. [-0, +1, v] */
static int atoll_module(lua_State *L)
{
	lua_Integer i = luaL_checkinteger(L, 1);
	const void *bytes;
	size_t size;

	luaL_argcheck(L, i >= 1 && i <= UINT32_MAX, 1, "modules are numbered from 1");
	bytes = component_module((unsigned)(i - 1), &size);
	if (bytes)
		lua_pushlstring(L, bytes, size);
	else
		luaL_pushfail(L);
	return 1;
}

/* atoll.name() -> the component's. [-0, +1, m] */
static int atoll_name(lua_State *L)
{
	lua_pushstring(L, component_name());
	return 1;
}

/* atoll.stats() -> table of the component's counters: bytes, seconds. [-0, +1, m] */
static int atoll_stats(lua_State *L)
{
	struct component_stats s;

	component_stats(&s);
	lua_createtable(L, 0, 5);
	field_set(L, "heap_used", s.heap_used);
	field_set(L, "heap_peak", s.heap_peak);
	field_set(L, "heap_quota", s.heap_quota);
	field_set(L, "restarts", s.restarts);
	lua_pushnumber(L, (lua_Number)s.cpu_ns / SECOND_NS);
	lua_setfield(L, -2, "cpu");
	return 1;
}

/* atoll.now() -> seconds on a clock that only goes forward. [-0, +1, -] */
static int atoll_now(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)now_ns() / SECOND_NS);
	return 1;
}

/* atoll.stopping() -> whether the image was asked to stop. [-0, +1, -] */
static int atoll_stopping(lua_State *L)
{
	lua_pushboolean(L, component_stopping());
	return 1;
}

static const luaL_Reg endpoint_methods[] = {
	{"send", endpoint_send},     {"recv", endpoint_recv},     {"messages", endpoint_messages},
	{"finish", endpoint_finish}, {"close", endpoint_close},   {"reason", endpoint_reason},
	{"name", endpoint_name},     {"max", endpoint_max},       {"stats", endpoint_stats},
	{"__gc", endpoint_close},    {"__close", endpoint_close}, {NULL, NULL},
};

static const luaL_Reg atoll_functions[] = {
	{"open", atoll_open},         {"module", atoll_module},
	{"name", atoll_name},         {"stats", atoll_stats},
	{"now", atoll_now},           {"on_stop", runtime_lua_on_stop},
	{"stopping", atoll_stopping}, {NULL, NULL},
};

int luaopen_atoll(lua_State *L)
{
	luaL_newmetatable(L, ENDPOINT);
	luaL_setfuncs(L, endpoint_methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	luaL_newlibtable(L, atoll_functions);
	lua_newtable(L); /* the open endpoints */
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	luaL_setfuncs(L, atoll_functions, 1);
	return 1;
}
