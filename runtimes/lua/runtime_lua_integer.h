/* SPDX-License-Identifier: MIT */
/*
 * Integers as MessagePack, the most frequent of values: without the encoder and to the same
 * bytes, without the decoder where they are short.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_INTEGER_H
#define RUNTIMES_LUA_RUNTIME_LUA_INTEGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <lua.h>

/* MessagePack's first byte of an integer in one byte; those of two and four follow. */
#define RUNTIME_LUA_UINT_8 0xcc
#define RUNTIME_LUA_INT_8 0xd0
#define RUNTIME_LUA_INTEGER_BYTES 9 /* at most, with the byte that says what it is */

/* Big-endian, behind a first byte. Returns the bytes of both. */
static inline size_t runtime_lua_integer_store(unsigned char *to, unsigned char first,
					       uint64_t value, unsigned bytes)
{
	value = __builtin_bswap64(value << (64 - 8 * bytes));
	to[0] = first;
	memcpy(to + 1, &value, bytes);
	return 1 + bytes;
}

/* At most RUNTIME_LUA_INTEGER_BYTES; returns how many. */
static inline size_t runtime_lua_integer_write(unsigned char *to, lua_Integer value)
{
	unsigned char first = value < 0 ? RUNTIME_LUA_INT_8 : RUNTIME_LUA_UINT_8;
	uint64_t size = value < 0 ? ~(uint64_t)value << 1 : (uint64_t)value; /* with its sign */

	if (value >= -32 && value < 128) {
		to[0] = (unsigned char)value;
		return 1;
	}
	if (size <= UINT8_MAX)
		return runtime_lua_integer_store(to, first, (uint64_t)value, 1);
	if (size <= UINT16_MAX)
		return runtime_lua_integer_store(to, first + 1, (uint64_t)value, 2);
	if (size <= UINT32_MAX)
		return runtime_lua_integer_store(to, first + 2, (uint64_t)value, 4);
	return runtime_lua_integer_store(to, first + 3, (uint64_t)value, 8);
}

static inline uint16_t runtime_lua_load16(const unsigned char *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t runtime_lua_load32(const unsigned char *b)
{
	return (uint32_t)runtime_lua_load16(b) << 16 | runtime_lua_load16(b + 2);
}

/* False: it is something else, or longer. */
static inline bool runtime_lua_integer_read(const unsigned char *b, size_t len, lua_Integer *value)
{
	switch (len) {
	case 1:
		*value = b[0] <= INT8_MAX ? b[0] : b[0] - (UINT8_MAX + 1);
		return *value >= -32;
	case 2:
		*value = b[0] == RUNTIME_LUA_UINT_8 ? (lua_Integer)b[1] : (int8_t)b[1];
		return b[0] == RUNTIME_LUA_UINT_8 || b[0] == RUNTIME_LUA_INT_8;
	case 3:
		*value = b[0] == RUNTIME_LUA_UINT_8 + 1 ? (lua_Integer)runtime_lua_load16(b + 1)
							: (int16_t)runtime_lua_load16(b + 1);
		return b[0] == RUNTIME_LUA_UINT_8 + 1 || b[0] == RUNTIME_LUA_INT_8 + 1;
	case 5:
		*value = b[0] == RUNTIME_LUA_UINT_8 + 2 ? (lua_Integer)runtime_lua_load32(b + 1)
							: (int32_t)runtime_lua_load32(b + 1);
		return b[0] == RUNTIME_LUA_UINT_8 + 2 || b[0] == RUNTIME_LUA_INT_8 + 2;
	default:
		return false;
	}
}

#endif
