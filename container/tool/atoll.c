/* SPDX-License-Identifier: MIT */
/*
 * The command-line tool: a Lua interpreter that carries its own scripts.
 *
 * It is static and needs no file beside itself to start, so it also runs in a
 * dom0 that holds nothing else. What it does is in main.lua.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "container/tool/tool.h"

#define STATUS_FAILED 125 /* the tool failed, not what it ran */

struct script {
	const char *name;
	const char *begin;
	const char *end;
};

extern const struct script script_table[]; /* ends with a NULL name */

static const struct script *script_find(const char *name)
{
	for (const struct script *s = script_table; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

/*
 * require(name): a module in C, or a script of this program; run once. There is
 * no library `package`: modules never come from the machine's own Lua folders.
 */
static int script_require(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	const struct script *s = script_find(name);

	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	if (lua_getfield(L, -1, name) != LUA_TNIL)
		return 1;
	if (!s)
		return luaL_error(L, "no module '%s' in the tool", name);
	lua_pushfstring(L, "@%s.lua", name);
	if (luaL_loadbufferx(L, s->begin, (size_t)(s->end - s->begin), lua_tostring(L, -1), "t"))
		return lua_error(L);
	lua_call(L, 0, 1);
	lua_pushvalue(L, -1);
	lua_setfield(L, 2, name);
	return 1;
}

static void modules_open(lua_State *L)
{
	static const luaL_Reg libraries[] = {
		{LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
		{LUA_TABLIBNAME, luaopen_table}, {LUA_IOLIBNAME, luaopen_io},
		{LUA_OSLIBNAME, luaopen_os},     {LUA_STRLIBNAME, luaopen_string},
		{LUA_MATHLIBNAME, luaopen_math}, {LUA_DBLIBNAME, luaopen_debug},
	};
	static const luaL_Reg own[] = {
		{"files", luaopen_files},   {"foreign", luaopen_foreign},
		{"layout", luaopen_layout}, {"memory", luaopen_memory},
		{"sys", luaopen_sys},       {"xen", luaopen_xen},
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		luaL_requiref(L, own[i].name, own[i].func, 0);
	lua_settop(L, 0);
	lua_register(L, "require", script_require);
}

static int traceback(lua_State *L)
{
	luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
	return 1;
}

static int fail(lua_State *L)
{
	fprintf(stderr, "atoll: internal error: %s\n", lua_tostring(L, -1));
	return STATUS_FAILED;
}

int main(int argc, char **argv)
{
	struct memory_budget budget = {.used = 0, .limit = SIZE_MAX};
	lua_State *L = lua_newstate(memory_alloc, &budget);
	int status;

	if (!L) {
		fputs("atoll: no memory\n", stderr);
		return STATUS_FAILED;
	}
	modules_open(L);
	lua_pushcfunction(L, traceback);
	lua_getglobal(L, "require");
	lua_pushstring(L, "main");
	if (lua_pcall(L, 1, 1, 1))
		return fail(L);
	luaL_checkstack(L, argc, "too many arguments");
	for (int i = 1; i < argc; i++)
		lua_pushstring(L, argv[i]);
	if (lua_pcall(L, argc - 1, 1, 1))
		return fail(L);
	status = (int)lua_tointeger(L, -1);
	lua_close(L);
	return status;
}
