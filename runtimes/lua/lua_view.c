/* SPDX-License-Identifier: MIT */
/*
 * Views: a message read where it lies in the ring, released by <close>, by
 * view:close(), or by the collector; used afterwards it is an error.
 *
 * A view's endpoint lives as long as the view, and each knows the other while
 * the message is held, so that whichever is closed first tells the other.
 */
#include "runtimes/lua/runtime_lua_channel.h"

#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_object.h"
#include "runtimes/lua/runtime_lua_ring.h"

#define VIEW "atoll.view"

struct runtime_lua_view {
	struct runtime_lua_endpoint *endpoint; /* the user value; NULL once released */
	const char *bytes;
	size_t len;
};

static struct runtime_lua_view *view_check(lua_State *L)
{
	struct runtime_lua_view *v = luaL_checkudata(L, 1, VIEW);

	luaL_argcheck(L, v->endpoint, 1, "view was released");
	return v;
}

void runtime_lua_view_drop(struct runtime_lua_endpoint *e)
{
	if (!e->view)
		return;
	channel_release(e->ch);
	e->view->endpoint = NULL;
	e->view = NULL;
}

/* A runtime_lua_take; when memory is out the message stays in the ring. [-0, +0|1, m] */
static int take_view(lua_State *L, struct runtime_lua_endpoint *e, const void *msg, size_t len)
{
	struct channel *ch = e->ch;
	uint64_t cursor = ch->rx.cursor;
	struct runtime_lua_view *v = lua_newuserdatauv(L, sizeof(*v), 1);

	*v = (struct runtime_lua_view){.bytes = msg, .len = len};
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	luaL_setmetatable(L, VIEW);
	if (!runtime_lua_is_held(e, ch, cursor)) {
		lua_pop(L, 1);
		return 0;
	}
	v->endpoint = e;
	e->view = v;
	return 1;
}

static int view_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	return runtime_lua_receive(L, (uint64_t)deadline, take_view, view_on);
}

int runtime_lua_view(lua_State *L)
{
	return view_on(L, LUA_OK, (lua_KContext)runtime_lua_deadline_check(L, 2));
}

/* view:close(), <close> and the collector; any number of times. [-0, +0, v] */
static int view_close(lua_State *L)
{
	struct runtime_lua_view *v = luaL_checkudata(L, 1, VIEW);

	if (v->endpoint)
		runtime_lua_view_drop(v->endpoint);
	return 0;
}

/* #view -> bytes. [-0, +1, v] */
static int view_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)view_check(L)->len);
	return 1;
}

/* The message as a string; of a released view, what it is. [-0, +1, v] */
static int view_tostring(lua_State *L)
{
	const struct runtime_lua_view *v = luaL_checkudata(L, 1, VIEW);

	if (v->endpoint)
		lua_pushlstring(L, v->bytes, v->len);
	else
		lua_pushliteral(L, VIEW " (released)");
	return 1;
}

/* An index as string.sub has it, from the end where it is negative, at least low. */
static size_t place_of(lua_Integer i, size_t len, size_t low)
{
	if (i < 0)
		i = (size_t) - (i + 1) >= len ? 0 : (lua_Integer)len + i + 1;
	return i < (lua_Integer)low ? low : (size_t)i;
}

/* view:sub(i [, j]) -> string, as string.sub. [-0, +1, v] */
static int view_sub(lua_State *L)
{
	const struct runtime_lua_view *v = view_check(L);
	size_t i = place_of(luaL_checkinteger(L, 2), v->len, 1);
	size_t j = place_of(luaL_optinteger(L, 3, -1), v->len, 0);

	if (j > v->len)
		j = v->len;
	lua_pushlstring(L, i <= j ? v->bytes + i - 1 : "", i <= j ? j - i + 1 : 0);
	return 1;
}

/* view:byte([i]) -> number | nothing, as string.byte. [-0, +0|1, v] */
static int view_byte(lua_State *L)
{
	const struct runtime_lua_view *v = view_check(L);
	size_t i = place_of(luaL_optinteger(L, 2, 1), v->len, 0);

	if (i < 1 || i > v->len)
		return 0;
	lua_pushinteger(L, (unsigned char)v->bytes[i - 1]);
	return 1;
}

/* view:unpack(format [, pos]) -> values..., next pos, as string.unpack. [-0, +n, v] */
static int view_unpack(lua_State *L)
{
	const struct runtime_lua_view *v = view_check(L);
	const char *format = luaL_checkstring(L, 2);
	size_t pos = place_of(luaL_optinteger(L, 3, 1), v->len, 0);

	luaL_argcheck(L, pos >= 1 && pos - 1 <= v->len, 3, "position out of the message");
	return runtime_lua_unpack(L, format, v->bytes, v->len, pos - 1);
}

static const luaL_Reg methods[] = {
	{"sub", view_sub},     {"byte", view_byte},           {"unpack", view_unpack},
	{"close", view_close}, {"__gc", view_close},          {"__close", view_close},
	{"__len", view_len},   {"__tostring", view_tostring}, {NULL, NULL},
};

void runtime_lua_views(lua_State *L)
{
	runtime_lua_class(L, VIEW, methods);
}
