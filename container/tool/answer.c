/* SPDX-License-Identifier: MIT */
/*
 * What the tool's C modules share: how they answer Lua, and take a command.
 */
#include <errno.h>
#include <string.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

int answer_errno(lua_State *L)
{
	int error = errno;

	lua_pushnil(L);
	lua_pushstring(L, error == EAGAIN ? "again" : strerror(error));
	return 2;
}

int answer_true(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

char **argv_take(lua_State *L, size_t count)
{
	char **argv = lua_newuserdatauv(L, (count + 1) * sizeof(char *), 0);

	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(L, 1, (lua_Integer)i + 1);
		argv[i] = (char *)luaL_checkstring(L, -1); /* the list keeps it alive */
		lua_pop(L, 1);
	}
	argv[count] = NULL;
	return argv;
}
