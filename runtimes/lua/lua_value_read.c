/* SPDX-License-Identifier: MIT */
/*
 * MessagePack as Lua values, by the templates of msgpack-c, which read onto Lua's stack
 * with nothing in between; `bin` is a string, too. It may be hostile: depth is bounded, and a
 * table gets no more room in advance than the bytes that are there could fill.
 */
#include "runtimes/lua/runtime_lua_channel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_integer.h"
#include "runtimes/lua/runtime_lua_ring.h"

/* What is read: each value on Lua's stack, above the table that it belongs to. */
struct reader {
	lua_State *L;
	size_t left; /* items that the bytes could still hold */
};

/* Of an array, how many items it has so far. */
typedef lua_Integer reader_value;

#define MALFORMED (-1)

static lua_Integer reader_root(const struct reader *r)
{
	(void)r;
	return 0;
}

static int reader_integer(struct reader *r, lua_Integer value)
{
	lua_pushinteger(r->L, value);
	return 0;
}

/* What no lua_Integer holds becomes a float, as a numeral in Lua does. */
static int reader_unsigned(struct reader *r, uint64_t value)
{
	if (value > INT64_MAX)
		lua_pushnumber(r->L, (lua_Number)value);
	else
		lua_pushinteger(r->L, (lua_Integer)value);
	return 0;
}

static int reader_number(struct reader *r, lua_Number value)
{
	lua_pushnumber(r->L, value);
	return 0;
}

static int reader_nil(struct reader *r)
{
	lua_pushnil(r->L);
	return 0;
}

static int reader_boolean(struct reader *r, int value)
{
	lua_pushboolean(r->L, value);
	return 0;
}

static int reader_string(struct reader *r, const char *bytes, size_t len)
{
	lua_pushlstring(r->L, bytes, len);
	return 0;
}

/* Every item takes a byte, so more than there are bytes is never true. */
static int reader_table(struct reader *r, size_t items, bool map, reader_value *table)
{
	if (items > r->left)
		return MALFORMED;
	r->left -= items;
	*table = 0;
	lua_createtable(r->L, map ? 0 : (int)items, map ? (int)(items / 2) : 0);
	return 0;
}

static int reader_array_item(struct reader *r, reader_value *table)
{
	lua_rawseti(r->L, -2, ++*table);
	return 0;
}

static int reader_map_item(struct reader *r)
{
	int key = lua_type(r->L, -2);

	if (key == LUA_TNIL || key == LUA_TTABLE ||
	    (key == LUA_TNUMBER && isnan(lua_tonumber(r->L, -2))))
		return MALFORMED;
	lua_rawset(r->L, -3);
	return 0;
}

/* A value that is no table needs no reader_value. */
#define PLAIN(v, call) (*(v) = 0, (call))

#define MSGPACK_EMBED_STACK_SIZE RUNTIME_LUA_DEPTH
#define MSGPACK_UNPACK_PARSE_ERROR MALFORMED
#define MSGPACK_UNPACK_NOMEM_ERROR MALFORMED /* too deep */
#define msgpack_unpack_struct(name) struct unpack##name
#define msgpack_unpack_func(type, name) static inline type unpack##name
#define msgpack_unpack_callback(name) unpack_callback##name
#define msgpack_unpack_object reader_value
#define msgpack_unpack_user struct reader
#define unpack_callback_root(r) reader_root(r)
#define unpack_callback_nil(r, v) PLAIN(v, reader_nil(r))
#define unpack_callback_true(r, v) PLAIN(v, reader_boolean(r, 1))
#define unpack_callback_false(r, v) PLAIN(v, reader_boolean(r, 0))
#define unpack_callback_uint8(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_uint16(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_uint32(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_uint64(r, d, v) PLAIN(v, reader_unsigned(r, d))
#define unpack_callback_int8(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_int16(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_int32(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_int64(r, d, v) PLAIN(v, reader_integer(r, d))
#define unpack_callback_float(r, d, v) PLAIN(v, reader_number(r, (lua_Number)(d)))
#define unpack_callback_double(r, d, v) PLAIN(v, reader_number(r, d))
#define unpack_callback_str(r, b, p, l, v) PLAIN(v, reader_string(r, p, l))
#define unpack_callback_bin(r, b, p, l, v) PLAIN(v, reader_string(r, p, l))
#define unpack_callback_ext(r, b, p, l, v) MALFORMED
#define unpack_callback_array(r, n, t) reader_table(r, n, false, t)
#define unpack_callback_array_item(r, t, v) reader_array_item(r, t)
#define unpack_callback_map(r, n, t) reader_table(r, 2 * (size_t)(n), true, t)
#define unpack_callback_map_item(r, t, k, v) reader_map_item(r)
#include <msgpack/unpack_define.h>
#include <msgpack/unpack_template.h>

static int value_decode(lua_State *L, const void *bytes, size_t len)
{
	struct unpack_context context;
	int top = lua_gettop(L);
	size_t used = 0;

	luaL_checkstack(L, 3 * RUNTIME_LUA_DEPTH, "tables in tables");
	context.user = (struct reader){L, len};
	unpack_init(&context);
	if (len && unpack_execute(&context, bytes, len, &used) == 1 && used == len)
		return 1;
	lua_settop(L, top);
	luaL_pushfail(L);
	lua_pushliteral(L, "malformed");
	return 2;
}

int runtime_lua_push_value(lua_State *L, const void *bytes, size_t len)
{
	lua_Integer value;

	if (!runtime_lua_integer_read(bytes, len, &value))
		return value_decode(L, bytes, len);
	lua_pushinteger(L, value);
	return 1;
}

int runtime_lua_take_value(lua_State *L, struct runtime_lua_endpoint *e, const void *msg,
			   size_t len)
{
	struct channel *ch = e->ch;
	uint64_t cursor = ch->rx.cursor;
	int results = runtime_lua_push_value(L, msg, len);

	return runtime_lua_taken(L, e, ch, cursor, results);
}

int runtime_lua_decode(lua_State *L)
{
	size_t len;
	const char *bytes = luaL_checklstring(L, 1, &len);

	return runtime_lua_push_value(L, bytes, len);
}
