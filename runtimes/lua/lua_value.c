/* SPDX-License-Identifier: MIT */
/*
 * Lua values as MessagePack, by the templates of msgpack-c, which write into our
 * buffer. A table whose keys are 1 to n is an array, as is the empty one; every other
 * is a map. All strings are written as `str`.
 */
#include "runtimes/lua/runtime_lua_channel.h"

#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_integer.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define BUFFER_FIRST 1024

struct buffer {
	lua_State *L;
	char *bytes;
	size_t used, room;
	size_t limit;
	int place; /* on the stack, of the block that holds what outgrew the caller's memory */
};

/* False: it would be beyond the limit. [-0, +0, m] */
static bool buffer_grow(struct buffer *b, size_t more)
{
	size_t room = b->room;
	char *bytes;

	if (more > b->limit - b->used)
		return false;
	while (room - b->used < more)
		room *= 2;
	bytes = lua_newuserdatauv(b->L, room, 0);
	memcpy(bytes, b->bytes, b->used);
	lua_replace(b->L, b->place);
	b->bytes = bytes;
	b->room = room;
	return true;
}

static inline int buffer_append(struct buffer *b, const void *bytes, size_t len)
{
	if (len > b->room - b->used && !buffer_grow(b, len))
		return -1;
	if (len)
		memcpy(b->bytes + b->used, bytes, len);
	b->used += len;
	return 0;
}

#define msgpack_pack_inline_func(name) static inline int buffer##name
#define msgpack_pack_inline_func_cint(name) static inline int buffer##name
#define msgpack_pack_inline_func_fixint(name) static inline int buffer_fix##name
#define msgpack_pack_user struct buffer *
#define msgpack_pack_append_buffer(user, bytes, len) return buffer_append(user, bytes, len)
#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>
#include <msgpack/pack_template.h>

static int value_write(struct buffer *b, int depth);

/* The length of the table on top as an array, or -1 for a map; *pairs what it has. */
static lua_Integer array_length(lua_State *L, size_t *pairs)
{
	lua_Integer length = (lua_Integer)lua_rawlen(L, -1);
	bool array = true;

	*pairs = 0;
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		lua_pop(L, 1);
		++*pairs;
		array = array && lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
			lua_tointeger(L, -1) <= length;
	}
	return array && *pairs == (size_t)length ? length : -1;
}

static int array_write(struct buffer *b, lua_Integer length, int depth)
{
	int failed = buffer_array(b, (size_t)length);

	for (lua_Integer i = 1; i <= length && !failed; i++) {
		lua_rawgeti(b->L, -1, i);
		failed = value_write(b, depth);
		lua_pop(b->L, 1);
	}
	return failed;
}

static int map_write(struct buffer *b, size_t pairs, int depth)
{
	lua_State *L = b->L;
	int failed = buffer_map(b, pairs);

	lua_pushnil(L);
	while (!failed && lua_next(L, -2)) {
		if (lua_type(L, -2) == LUA_TTABLE)
			luaL_error(L, "a table as a table's key cannot be sent");
		lua_pushvalue(L, -2);
		failed = value_write(b, depth);
		lua_pop(L, 1);
		if (!failed)
			failed = value_write(b, depth);
		lua_pop(L, 1);
	}
	if (failed)
		lua_pop(L, 1); /* the key */
	return failed;
}

static int table_write(struct buffer *b, int depth)
{
	lua_Integer length;
	size_t pairs;

	if (depth >= RUNTIME_LUA_DEPTH)
		return luaL_error(b->L,
				  "tables nested deeper than %d cannot be sent; is it a cycle?",
				  RUNTIME_LUA_DEPTH);
	luaL_checkstack(b->L, 6, "tables in tables");
	length = array_length(b->L, &pairs);
	return length < 0 ? map_write(b, pairs, depth + 1) : array_write(b, length, depth + 1);
}

static int string_write(struct buffer *b)
{
	size_t len;
	const char *bytes = lua_tolstring(b->L, -1, &len);

	if (len > UINT32_MAX || buffer_str(b, len))
		return -1;
	return buffer_str_body(b, bytes, len);
}

/* What is on top, which stays there. Not 0: beyond the limit. [-0, +0, v] */
static int value_write(struct buffer *b, int depth)
{
	lua_State *L = b->L;

	switch (lua_type(L, -1)) {
	case LUA_TNIL:
		return buffer_nil(b);
	case LUA_TBOOLEAN:
		return lua_toboolean(L, -1) ? buffer_true(b) : buffer_false(b);
	case LUA_TNUMBER:
		return lua_isinteger(L, -1) ? buffer_int64(b, lua_tointeger(L, -1))
					    : buffer_double(b, lua_tonumber(L, -1));
	case LUA_TSTRING:
		return string_write(b);
	case LUA_TTABLE:
		return table_write(b, depth);
	default:
		return luaL_error(L,
				  "a %s cannot be sent; expected nil, a boolean, number, string"
				  " or table",
				  luaL_typename(L, -1));
	}
}

/* The value at this index, at first to room bytes at `first`; whether it fits. [-0, +1, v] */
static bool encode(lua_State *L, int index, struct buffer *b, char *first, size_t room,
		   size_t limit)
{
	int failed;

	*b = (struct buffer){.L = L, .bytes = first, .room = room, .limit = limit};
	lua_pushnil(L);
	b->place = lua_gettop(L);
	lua_pushvalue(L, index);
	failed = value_write(b, 0);
	lua_pop(L, 1);
	return !failed;
}

static int integer_send(lua_State *L, struct channel *ch, lua_Integer value)
{
	void *room;
	enum channel_status status =
		runtime_lua_reserve(ch, RUNTIME_LUA_INTEGER_BYTES, CHANNEL_FOREVER, &room);

	if (status == CHANNEL_OK)
		status = runtime_lua_commit(ch, runtime_lua_integer_write(room, value));
	return status == CHANNEL_OK ? runtime_lua_sent_well(L) : runtime_lua_sent(L, ch, status);
}

static int value_send(lua_State *L, const struct runtime_lua_endpoint *e)
{
	enum channel_status status;
	uint64_t deadline = runtime_lua_deadline_check(L, 3);
	char first[BUFFER_FIRST];
	struct buffer b;

	luaL_checkany(L, 2);
	if (!encode(L, 2, &b, first, sizeof(first), channel_max(e->ch)))
		return runtime_lua_failure(L, e->ch, CHANNEL_TOO_BIG);
	status = channel_send(e->ch, b.bytes, b.used, runtime_lua_alone() ? deadline : CHANNEL_NOW);
	if (status == CHANNEL_AGAIN) {
		lua_pushlstring(L, b.bytes, b.used);
		lua_replace(L, 2);
		return runtime_lua_send_string(L, deadline);
	}
	return runtime_lua_sent(L, e->ch, status);
}

int runtime_lua_send_value(lua_State *L)
{
	const struct runtime_lua_endpoint *e = runtime_lua_endpoint_alone(L);

	if (e && lua_gettop(L) == 2 && lua_isinteger(L, 2))
		return integer_send(L, e->ch, lua_tointeger(L, 2));
	return value_send(L, runtime_lua_endpoint_check(L));
}

size_t runtime_lua_encode_plain(lua_State *L, int index, char to[RUNTIME_LUA_PLAIN])
{
	int type = lua_type(L, index);
	struct buffer b;
	bool fits;

	if (type == LUA_TLIGHTUSERDATA || type > LUA_TSTRING)
		return 0;
	fits = encode(L, index, &b, to, RUNTIME_LUA_PLAIN, RUNTIME_LUA_PLAIN);
	lua_pop(L, 1);
	return fits ? b.used : 0;
}

void runtime_lua_push_encoded(lua_State *L, int index)
{
	char first[BUFFER_FIRST];
	struct buffer b;

	if (!encode(L, index, &b, first, sizeof(first), SIZE_MAX / 4))
		luaL_error(L, "a string of more than 4 GiB cannot be encoded");
	lua_pushlstring(L, b.bytes, b.used);
	lua_replace(L, b.place);
}

int runtime_lua_encode(lua_State *L)
{
	luaL_checkany(L, 1);
	runtime_lua_push_encoded(L, 1);
	return 1;
}
