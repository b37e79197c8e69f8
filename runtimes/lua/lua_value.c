/* SPDX-License-Identifier: MIT */
/*
 * Lua values as MessagePack, by the templates of msgpack-c, which write into
 * our buffer and read onto Lua's stack with nothing in between.
 *
 * A table whose keys are 1 to n is an array, as is the empty one; every other is
 * a map. All strings are written as `str`; `bin` is read as a string too. What
 * is read may be hostile: depth is bounded, and a table gets no more room in
 * advance than the bytes that are there could fill.
 */
#include "runtimes/lua/runtime_lua_channel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define DEPTH_MAX 64 /* tables in tables */
#define BUFFER_FIRST 1024
/* MessagePack's first byte of an integer in one byte; those of two and four follow. */
#define UINT_8 0xcc
#define INT_8 0xd0
#define INTEGER_BYTES 9 /* at most, with the byte that says what it is */

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

	if (depth >= DEPTH_MAX)
		return luaL_error(b->L,
				  "tables nested deeper than %d cannot be sent; is it a cycle?",
				  DEPTH_MAX);
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

/* The value at this index, written, at first to room bytes at `first`; whether it fits. [-0, +1, v]
 */
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

/* Big-endian, behind a first byte. Returns the bytes of both. */
static size_t integer_store(unsigned char *to, unsigned char first, uint64_t value, unsigned bytes)
{
	value = __builtin_bswap64(value << (64 - 8 * bytes));
	to[0] = first;
	memcpy(to + 1, &value, bytes);
	return 1 + bytes;
}

/* The most frequent of values, without the encoder and to the same bytes. */
static inline size_t integer_write(unsigned char *to, lua_Integer value)
{
	if (value >= -32 && value < 128) {
		to[0] = (unsigned char)value;
		return 1;
	}
	if (value >= 0 ? value <= UINT8_MAX : value >= INT8_MIN)
		return integer_store(to, value < 0 ? INT_8 : UINT_8, (uint64_t)value, 1);
	if (value >= 0 ? value <= UINT16_MAX : value >= INT16_MIN)
		return integer_store(to, (value < 0 ? INT_8 : UINT_8) + 1, (uint64_t)value, 2);
	if (value >= 0 ? value <= UINT32_MAX : value >= INT32_MIN)
		return integer_store(to, (value < 0 ? INT_8 : UINT_8) + 2, (uint64_t)value, 4);
	return integer_store(to, (value < 0 ? INT_8 : UINT_8) + 3, (uint64_t)value, 8);
}

static int integer_send(lua_State *L, struct channel *ch, lua_Integer value)
{
	void *room;
	enum channel_status status = runtime_lua_reserve(ch, INTEGER_BYTES, CHANNEL_FOREVER, &room);

	if (status == CHANNEL_OK)
		status = runtime_lua_commit(ch, integer_write(room, value));
	return runtime_lua_sent(L, ch, status);
}

static int value_send(lua_State *L, struct channel *ch)
{
	enum channel_status status;
	uint64_t deadline = runtime_lua_deadline_check(L, 3);
	char first[BUFFER_FIRST];
	struct buffer b;

	luaL_checkany(L, 2);
	if (!encode(L, 2, &b, first, sizeof(first), channel_max(ch)))
		return runtime_lua_failure(L, ch, CHANNEL_TOO_BIG);
	status = channel_send(ch, b.bytes, b.used, runtime_lua_alone() ? deadline : CHANNEL_NOW);
	if (status == CHANNEL_AGAIN) {
		lua_pushlstring(L, b.bytes, b.used);
		lua_replace(L, 2);
		return runtime_lua_send_string(L, deadline);
	}
	return runtime_lua_sent(L, ch, status);
}

int runtime_lua_send_value(lua_State *L)
{
	struct channel *ch = runtime_lua_endpoint_check(L)->ch;

	if (lua_gettop(L) == 2 && lua_isinteger(L, 2) && runtime_lua_alone())
		return integer_send(L, ch, lua_tointeger(L, 2));
	return value_send(L, ch);
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

#define MSGPACK_EMBED_STACK_SIZE DEPTH_MAX
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

static uint16_t load16(const unsigned char *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t load32(const unsigned char *b)
{
	return (uint32_t)load16(b) << 16 | load16(b + 2);
}

int runtime_lua_push_value(lua_State *L, const void *bytes, size_t len)
{
	struct unpack_context context;
	int top = lua_gettop(L);
	size_t used = 0;

	luaL_checkstack(L, 3 * DEPTH_MAX, "tables in tables");
	context.user = (struct reader){L, len};
	unpack_init(&context);
	if (len && unpack_execute(&context, bytes, len, &used) == 1 && used == len)
		return 1;
	lua_settop(L, top);
	luaL_pushfail(L);
	lua_pushliteral(L, "malformed");
	return 2;
}

/* The most frequent of values, without the decoder; false: it is another one. */
static inline bool integer_read(const unsigned char *b, size_t len, lua_Integer *value)
{
	switch (len) {
	case 1:
		*value = (int8_t)b[0];
		return *value >= -32;
	case 2:
		*value = b[0] == UINT_8 ? (lua_Integer)b[1] : (int8_t)b[1];
		return b[0] == UINT_8 || b[0] == INT_8;
	case 3:
		*value = b[0] == UINT_8 + 1 ? (lua_Integer)load16(b + 1) : (int16_t)load16(b + 1);
		return b[0] == UINT_8 + 1 || b[0] == INT_8 + 1;
	case 5:
		*value = b[0] == UINT_8 + 2 ? (lua_Integer)load32(b + 1) : (int32_t)load32(b + 1);
		return b[0] == UINT_8 + 2 || b[0] == INT_8 + 2;
	default:
		return false;
	}
}

int runtime_lua_take_value(lua_State *L, struct channel *ch, const void *msg, size_t len)
{
	lua_Integer value;
	int results = 1;

	if (integer_read(msg, len, &value))
		lua_pushinteger(L, value);
	else
		results = runtime_lua_push_value(L, msg, len);
	runtime_lua_release(ch);
	return results;
}

int runtime_lua_decode(lua_State *L)
{
	size_t len;
	const char *bytes = luaL_checklstring(L, 1, &len);

	return runtime_lua_push_value(L, bytes, len);
}
