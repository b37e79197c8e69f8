/* SPDX-License-Identifier: MIT */
/*
 * What of os and io means something else in a component: it ends alone, it has
 * an environment of its own, it cannot start processes or change files, and
 * the locale is everybody's.
 */
#include "runtimes/lua/runtime_lua.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <sys/random.h>
#include <lauxlib.h>
#include <lua.h>

#include "container/component.h"

/* os.exit([code [, close]]); the state is closed in any case. [-0, +0, v] */
static int os_exit(lua_State *L)
{
	int status;

	if (lua_isboolean(L, 1))
		status = !lua_toboolean(L, 1);
	else
		status = (int)luaL_optinteger(L, 1, 0);
	component_exit(status);
}

/* os.getenv(name), of the environment in the upvalue. [-0, +1, m] */
static int os_getenv(lua_State *L)
{
	size_t length;
	const char *name = luaL_checklstring(L, 1, &length);
	char **envp = lua_touserdata(L, lua_upvalueindex(1));

	while (*envp && (strncmp(*envp, name, length) != 0 || (*envp)[length] != '='))
		envp++;
	if (*envp)
		lua_pushstring(L, *envp + length + 1);
	else
		luaL_pushfail(L);
	return 1;
}

/* nil, the message and the number, as what of io fails answers. [-0, +3, m] */
static int refuse(lua_State *L, const char *message, int number)
{
	luaL_pushfail(L);
	lua_pushstring(L, message);
	lua_pushinteger(L, number);
	return 3;
}

/* io.popen [-0, +3, m] */
static int io_popen(lua_State *L)
{
	return refuse(L, "a component cannot start processes", ENOSYS);
}

/* os.execute([command]); without a command it asks for a shell: there is none. [-0, +1|3, m] */
static int os_execute(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		return io_popen(L);
	lua_pushboolean(L, 0);
	return 1;
}

/* os.tmpname, io.tmpfile [-0, +3, m] */
static int temporary_refuse(lua_State *L)
{
	return refuse(L, "a component has no place for temporary files", EROFS);
}

/* os.remove(name), os.rename(name, name): what files there are can only be read. [-0, +3, v] */
static int change_refuse(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);

	return refuse(L, lua_pushfstring(L, "%s: a component's files can only be read", name),
		      EROFS);
}

/* os.clock() -> seconds of CPU time that the component's thread has had. [-0, +1, -] */
static int os_clock(lua_State *L)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	lua_pushnumber(L, (lua_Number)used.tv_sec + (lua_Number)used.tv_nsec / 1e9);
	return 1;
}

/* os.setlocale([locale [, category]]): the image has one locale, C. [-0, +1, v] */
static int os_setlocale(lua_State *L)
{
	static const char *const categories[] = {"all",     "collate", "ctype", "monetary",
						 "numeric", "time",    NULL};
	const char *locale = luaL_optstring(L, 1, NULL);

	luaL_checkoption(L, 2, "all", categories);
	if (!locale || !*locale || !strcmp(locale, "C") || !strcmp(locale, "POSIX"))
		lua_pushliteral(L, "C");
	else
		luaL_pushfail(L);
	return 1;
}

static const luaL_Reg os_functions[] = {
	{"clock", os_clock},         {"execute", os_execute},       {"exit", os_exit},
	{"getenv", os_getenv},       {"remove", change_refuse},     {"rename", change_refuse},
	{"setlocale", os_setlocale}, {"tmpname", temporary_refuse}, {NULL, NULL},
};

static const luaL_Reg io_functions[] = {
	{"popen", io_popen},
	{"tmpfile", temporary_refuse},
	{NULL, NULL},
};

/*
 * Lua's own seed is made of the time and an address, and in a guest addresses
 * never change. [-0, +0, m]
 */
static void random_seed(lua_State *L)
{
	lua_Integer seed[2];

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return;
	lua_getglobal(L, "math");
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, seed[0]);
	lua_pushinteger(L, seed[1]);
	lua_call(L, 2, 0);
	lua_pop(L, 1);
}

void runtime_lua_system(lua_State *L, char **envp)
{
	lua_getglobal(L, "os");
	lua_pushlightuserdata(L, envp);
	luaL_setfuncs(L, os_functions, 1);
	lua_getglobal(L, "io");
	luaL_setfuncs(L, io_functions, 0);
	lua_pop(L, 2);
	random_seed(L);
}
