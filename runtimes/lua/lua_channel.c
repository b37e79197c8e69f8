/* SPDX-License-Identifier: MIT */
/* Endpoints as Lua has them: opening by name, closing, counters. */
#include "runtimes/lua/runtime_lua_channel.h"

#include <errno.h>
#include <lauxlib.h>

#include "container/component.h"
#include "ipc/monotonic.h"
#include "runtimes/lua/runtime_lua_call.h"
#include "runtimes/lua/runtime_lua_object.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_state.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define ENDPOINT "atoll.endpoint"

#define METHODS_ROOM 32
#define FOREVER_SECONDS 1e9 /* thirty years; as nanoseconds it still fits 64 bits */

uint64_t runtime_lua_deadline_check(lua_State *L, int arg)
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
	return monotonic_now() + (uint64_t)(seconds * MONOTONIC_SECOND);
}

const char runtime_lua_endpoint_mark;

struct runtime_lua_endpoint *runtime_lua_endpoint_refuse(lua_State *L)
{
	struct runtime_lua_endpoint *e = luaL_checkudata(L, 1, ENDPOINT);

	luaL_argcheck(L, e->ch, 1, "endpoint was never open");
	return e;
}

__thread const struct runtime_lua_endpoint *runtime_lua_usual;

struct runtime_lua_endpoint *runtime_lua_endpoint_unusual(lua_State *L)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);

	if (!runtime_lua_alone())
		return NULL;
	runtime_lua_usual = e;
	return e;
}

/* It may be collected, or lose its channel, or there are tasks. */
static void endpoint_forget(const struct runtime_lua_endpoint *e)
{
	if (runtime_lua_usual == e)
		runtime_lua_usual = NULL;
}

struct runtime_lua_endpoint *runtime_lua_endpoint_test(lua_State *L, int index)
{
	struct runtime_lua_endpoint *e = luaL_testudata(L, index, ENDPOINT);

	return e && e->ch ? e : NULL;
}

static struct channel *channel_check(lua_State *L)
{
	return runtime_lua_endpoint_check(L)->ch;
}

int runtime_lua_word(lua_State *L, enum channel_status status)
{
	const char *word;

	switch (status) {
	case CHANNEL_AGAIN:
		word = "timeout";
		break;
	case CHANNEL_CLOSED:
		word = "closed";
		break;
	case CHANNEL_TOO_BIG:
		word = "too big";
		break;
	case CHANNEL_STOPPING:
		runtime_lua_stop_seen(L);
		word = "stopping";
		break;
	default:
		return 0;
	}
	luaL_pushfail(L);
	lua_pushstring(L, word);
	return 2;
}

int runtime_lua_failure(lua_State *L, const struct channel *ch, enum channel_status status)
{
	int results = runtime_lua_word(L, status);

	if (results)
		return results;
	return luaL_error(L, "channel %s: %s", channel_name(ch), channel_status_text(status));
}

int runtime_lua_sent(lua_State *L, const struct channel *ch, enum channel_status status)
{
	if (status != CHANNEL_OK)
		return runtime_lua_failure(L, ch, status);
	lua_pushboolean(L, 1);
	return 1;
}

/* endpoint:finish(): send no more. [-0, +0, v] */
static int verb_finish(lua_State *L)
{
	channel_finish(channel_check(L));
	return 0;
}

/* endpoint:close() and <close>; any number of times. [-0, +0, v] */
static int verb_close(lua_State *L)
{
	struct runtime_lua_endpoint *e = luaL_checkudata(L, 1, ENDPOINT);

	runtime_lua_view_drop(e);
	if (e->ch)
		channel_close(e->ch);
	if (e->drop) {
		runtime_lua_calls_leave(e, NULL);
		e->ch = e->drop(e->ch);
		e->gone = true;
	}
	e->drop = NULL;
	return 0;
}

/* endpoint:reject(): close; the peer has sent what it must not. [-0, +0, v] */
static int endpoint_reject(lua_State *L)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);

	runtime_lua_view_drop(e);
	channel_break(e->ch);
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
	const struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);

	/* What stands in the place of one that was given back has no rings. */
	lua_pushinteger(L, e->gone ? 0 : (lua_Integer)channel_max(e->ch));
	return 1;
}

/* endpoint:stats() -> table of counters. [-0, +1, v] */
static int endpoint_stats(lua_State *L)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	struct channel_stats s;

	runtime_lua_calls_settle(e);
	channel_stats(e->ch, &s);
	lua_createtable(L, 0, 7);
	runtime_lua_counter_set(L, "sent", s.sent);
	runtime_lua_counter_set(L, "sent_bytes", s.sent_bytes);
	runtime_lua_counter_set(L, "received", s.received);
	runtime_lua_counter_set(L, "received_bytes", s.received_bytes);
	runtime_lua_counter_set(L, "parks", s.parks);
	runtime_lua_counter_set(L, "bells", s.bells);
	runtime_lua_counter_set(L, "late", e->late);
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

struct runtime_lua_endpoint *runtime_lua_endpoint_new(lua_State *L)
{
	struct runtime_lua_endpoint *e = lua_newuserdatauv(L, sizeof(*e), 0);

	*e = (struct runtime_lua_endpoint){.mark = &runtime_lua_endpoint_mark};
	TAILQ_INIT(&e->calls);
	luaL_setmetatable(L, ENDPOINT);
	return e;
}

/* The endpoint that lives by this name, or a new one. [-0, +1, m] */
static struct runtime_lua_endpoint *endpoint_push(lua_State *L, const char *name)
{
	if (lua_getfield(L, lua_upvalueindex(1), name) == LUA_TUSERDATA)
		return lua_touserdata(L, -1);
	lua_pop(L, 1);
	return runtime_lua_endpoint_new(L);
}

/*
 * The channel is e's from now on. An endpoint that was forgotten is in no map any
 * more as soon as that is found, but collected later: it must not close the
 * channel then, nor release its message. [-0, +0, m]
 */
static void endpoint_own(lua_State *L, struct runtime_lua_endpoint *e, struct channel *ch)
{
	struct runtime_lua_endpoint *before = runtime_lua_owner(L, ch);

	if (before && before != e) {
		runtime_lua_view_drop(before);
		runtime_lua_calls_leave(before, e);
		endpoint_forget(before);
		before->ch = NULL;
	}
	e->ch = ch; /* first: without memory for the rest the collector closes it */
	runtime_lua_own(L, ch, e);
}

/* The collector closes what is its channel's endpoint still. [-0, +0, v] */
static int endpoint_collect(lua_State *L)
{
	struct runtime_lua_endpoint *e = luaL_checkudata(L, 1, ENDPOINT);

	endpoint_forget(e);
	if (e->ch)
		runtime_lua_own(L, e->ch, NULL);
	return verb_close(L);
}

/*
 * atoll.open(name) -> endpoint | nil, message. While an endpoint lives, opening
 * its channel again gives the same one, connected anew where channel_open does
 * that; the upvalue maps names to them, weakly. [-0, +1|2, v]
 */
static int atoll_open(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct runtime_lua_endpoint *e = endpoint_push(L, name);
	enum channel_reason before;
	struct channel *ch;

	/* A new connection takes the message away from the view. */
	if (e->view && channel_reason(e->ch) != CHANNEL_OPEN)
		runtime_lua_view_drop(e);
	before = e->ch ? channel_reason(e->ch) : CHANNEL_OPEN;
	ch = channel_open(name);
	if (!ch) {
		luaL_pushfail(L);
		lua_pushfstring(L, "%s: channel %s: %s", component_name(), name, open_error(errno));
		return 2;
	}
	if (before != CHANNEL_OPEN && before != channel_reason(ch)) {
		e->connection++;
		e->boxed = NULL;
		e->lost = e->dropped = 0;
	}
	endpoint_own(L, e, ch);
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(1), name);
	return 1;
}

static const luaL_Reg methods[] = {
	{"send", runtime_lua_send},
	{"recv", runtime_lua_recv},
	{"messages", runtime_lua_messages},
	{"send_value", runtime_lua_send_value},
	{"recv_value", runtime_lua_recv_value},
	{"view", runtime_lua_view},
	{"call", runtime_lua_call},
	{"call_value", runtime_lua_call_value},
	{"serve", runtime_lua_serve},
	{"serve_values", runtime_lua_serve_values},
	{"finish", verb_finish},
	{"close", verb_close},
	{"reject", endpoint_reject},
	{"reason", endpoint_reason},
	{"name", endpoint_name},
	{"max", endpoint_max},
	{"stats", endpoint_stats},
	{NULL, NULL},
};

static const luaL_Reg metamethods[] = {
	{"__gc", endpoint_collect},
	{"__close", verb_close},
	{NULL, NULL},
};

static const luaL_Reg functions[] = {
	{"open", atoll_open},
	{NULL, NULL},
};

void runtime_lua_channels(lua_State *L)
{
	/* Tables with room to spare: what looks a method up seldom finds another one first. */
	lua_createtable(L, 0, METHODS_ROOM);
	lua_pushliteral(L, ENDPOINT);
	lua_setfield(L, -2, "__name");
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, ENDPOINT);
	luaL_setfuncs(L, metamethods, 0);
	lua_createtable(L, 0, METHODS_ROOM);
	luaL_setfuncs(L, methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	runtime_lua_views(L);
	runtime_lua_calls(L);
	runtime_lua_weak_table(L); /* the open endpoints */
	luaL_setfuncs(L, functions, 1);
}
