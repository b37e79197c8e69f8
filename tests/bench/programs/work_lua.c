/* SPDX-License-Identifier: MIT */
/*
 * Runs a script as a Lua component is run, under Linux: work_lua SCRIPT [ARG]...
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <time.h>

static int now(lua_State *L)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
	return 1;
}

int main(int argc, char **argv)
{
	lua_State *L = luaL_newstate();

	if (!L || argc < 2)
		return 2;
	luaL_openlibs(L);
	lua_register(L, "now", now);
	lua_newtable(L);
	for (int i = 1; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i - 1);
	}
	lua_setglobal(L, "arg");
	if (luaL_dofile(L, argv[1])) {
		printf("%s\n", lua_tostring(L, -1));
		return 1;
	}
	lua_close(L);
	return 0;
}
