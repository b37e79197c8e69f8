/* SPDX-License-Identifier: MIT */
/*
 * string.unpack over bytes that are no Lua string: the formats of section 6.4.2
 * of the Lua 5.4 manual but for alignment (`!` and `X`).
 */
#include "runtimes/lua/runtime_lua_channel.h"

#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#define INTEGER_MAX 8   /* bytes that a lua_Integer holds */
#define INTEGER_WIDE 16 /* bytes that a format may ask for */

struct reader {
	lua_State *L;
	const char *format;
	const unsigned char *bytes;
	size_t len, pos;
	bool big; /* the most significant byte comes first */
};

/* The next count bytes. [-0, +0, v] */
static const unsigned char *bytes_take(struct reader *r, size_t count)
{
	const unsigned char *at = r->bytes + r->pos;

	if (count > r->len - r->pos)
		luaL_argerror(r->L, 2, "message too short");
	r->pos += count;
	return at;
}

/* The number behind an option, or what it is without one; beyond the limit, something beyond. */
static size_t number_take(struct reader *r, size_t otherwise, size_t limit)
{
	size_t number = 0;

	if (*r->format < '0' || *r->format > '9')
		return otherwise;
	while (*r->format >= '0' && *r->format <= '9' && number <= limit)
		number = 10 * number + (size_t)(*r->format++ - '0');
	return number;
}

/* The same for the size of an integer. [-0, +0, v] */
static size_t size_take(struct reader *r, size_t otherwise)
{
	size_t size = number_take(r, otherwise, INTEGER_WIDE);

	if (size < 1 || size > INTEGER_WIDE)
		luaL_error(r->L, "integral size out of limits [1,%d]", INTEGER_WIDE);
	return size;
}

/* Of size bytes; those beyond a lua_Integer's must only extend it. [-0, +0, v] */
static lua_Integer integer_take(struct reader *r, size_t size, bool is_signed)
{
	const unsigned char *at = bytes_take(r, size);
	lua_Unsigned value = 0;
	unsigned char extension;

	for (size_t i = 0; i < size && i < INTEGER_MAX; i++)
		value |= (lua_Unsigned)at[r->big ? size - 1 - i : i] << 8 * i;
	if (size < INTEGER_MAX && is_signed && value >> (8 * size - 1))
		value |= ~(lua_Unsigned)0 << 8 * size;
	extension = is_signed && value >> 63 ? 0xff : 0;
	for (size_t i = INTEGER_MAX; i < size; i++)
		if (at[r->big ? size - 1 - i : i] != extension)
			luaL_error(r->L, "%d-byte integer does not fit into a Lua integer",
				   (int)size);
	return (lua_Integer)value;
}

/* [-0, +1, v] */
static void number_push(struct reader *r, size_t size)
{
	lua_Integer bits = integer_take(r, size, false);
	double number;
	float single;

	memcpy(&number, &bits, sizeof(number));
	memcpy(&single, &bits, sizeof(single)); /* the low half, on this machine */
	lua_pushnumber(r->L, size == sizeof(single) ? (lua_Number)single : number);
}

/* [-0, +1, v] */
static void zero_ended_push(struct reader *r)
{
	const char *at = (const char *)r->bytes + r->pos;
	size_t length = strnlen(at, r->len - r->pos);

	bytes_take(r, length + 1);
	lua_pushlstring(r->L, at, length);
}

/* [-0, +1, v] */
static void counted_push(struct reader *r, size_t size)
{
	size_t length = (size_t)integer_take(r, size, false);

	lua_pushlstring(r->L, (const char *)bytes_take(r, length), length);
}

/* The count of a fixed-size string. [-0, +1, v] */
static void fixed_push(struct reader *r)
{
	size_t length = number_take(r, SIZE_MAX, r->len);

	if (length == SIZE_MAX)
		luaL_error(r->L, "missing size for format option 'c'");
	lua_pushlstring(r->L, (const char *)bytes_take(r, length), length);
}

/* Options of integers: their size, or 0 for what is none. [-0, +0, v] */
static size_t integer_size(struct reader *r, char option)
{
	switch (option) {
	case 'b':
	case 'B':
		return 1;
	case 'h':
	case 'H':
		return sizeof(short);
	case 'i':
	case 'I':
		return size_take(r, sizeof(int));
	case 'l':
	case 'L':
	case 'j':
	case 'J':
	case 'T':
		return INTEGER_MAX;
	default:
		return 0;
	}
}

/* One option, read; whether it left a value. [-0, +0|1, v] */
static bool option_push(struct reader *r, char option)
{
	size_t size = integer_size(r, option);

	if (size) {
		lua_pushinteger(r->L, integer_take(r, size, option >= 'a'));
		return true;
	}
	switch (option) {
	case 'f':
		return number_push(r, sizeof(float)), true;
	case 'd':
	case 'n':
		return number_push(r, sizeof(double)), true;
	case 's':
		return counted_push(r, size_take(r, sizeof(size_t))), true;
	case 'z':
		return zero_ended_push(r), true;
	case 'c':
		return fixed_push(r), true;
	case 'x':
		bytes_take(r, 1);
		return false;
	case '<':
	case '=':
	case '>':
		r->big = option == '>';
		return false;
	case ' ':
		return false;
	default:
		return luaL_error(r->L, "format option '%c' is not for views", option);
	}
}

int runtime_lua_unpack(lua_State *L, const char *format, const char *bytes, size_t len, size_t pos)
{
	struct reader r = {L, format, (const unsigned char *)bytes, len, pos, false};
	int count = 0;

	while (*r.format) {
		luaL_checkstack(L, 2, "too many results");
		count += option_push(&r, *r.format++);
	}
	lua_pushinteger(L, (lua_Integer)r.pos + 1);
	return count + 1;
}
