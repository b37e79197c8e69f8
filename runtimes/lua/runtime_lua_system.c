/* SPDX-License-Identifier: MIT */
/*
 * What of os and io means something else in a component: it ends alone, it has
 * an environment of its own, and it cannot start processes.
 */
#include "runtimes/lua/runtime_lua.h"

#include <errno.h>
#include <string.h>
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

/* [-0, +3, m] */
static int processes_refuse(lua_State *L)
{
	luaL_pushfail(L);
	lua_pushliteral(L, "a component cannot start processes");
	lua_pushinteger(L, ENOSYS);
	return 3;
}

/* os.execute([command]); without a command it asks for a shell: there is none. [-0, +1|3, m] */
static int os_execute(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		return processes_refuse(L);
	lua_pushboolean(L, 0);
	return 1;
}

static const luaL_Reg os_functions[] = {
	{"exit", os_exit},
	{"getenv", os_getenv},
	{"execute", os_execute},
	{NULL, NULL},
};

static const luaL_Reg io_functions[] = {
	{"popen", processes_refuse},
	{NULL, NULL},
};

void runtime_lua_system(lua_State *L, char **envp)
{
	lua_getglobal(L, "os");
	lua_pushlightuserdata(L, envp);
	luaL_setfuncs(L, os_functions, 1);
	lua_getglobal(L, "io");
	luaL_setfuncs(L, io_functions, 0);
	lua_pop(L, 2);
}
