/* SPDX-License-Identifier: MIT */
/*
 * The tool's Lua allocator, which can be told a limit, so that a manifest that
 * builds an endless string fails instead of taking the machine with it.
 */
#include <stdint.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

void *memory_alloc(void *budget, void *ptr, size_t old, size_t size)
{
	struct memory_budget *b = budget;
	size_t held = ptr ? old : 0; /* without a block, Lua passes its type here */
	void *block;

	if (size == 0) {
		free(ptr);
		b->used -= held;
		return NULL;
	}
	if (size > held && size - held > b->limit - b->used)
		return NULL;
	block = realloc(ptr, size);
	if (block)
		b->used += size - held;
	return block;
}

/* limit(bytes): hold at most so much more than now; limit(): no limit. */
static int memory_limit(lua_State *L)
{
	void *ud;
	lua_Integer bytes = luaL_optinteger(L, 1, -1);
	struct memory_budget *b;

	(void)lua_getallocf(L, &ud);
	b = ud;
	b->limit = bytes < 0 ? SIZE_MAX : b->used + (size_t)bytes;
	return 0;
}

int luaopen_memory(lua_State *L)
{
	static const luaL_Reg functions[] = {{"limit", memory_limit}, {NULL, NULL}};

	luaL_newlib(L, functions);
	return 1;
}
