/* SPDX-License-Identifier: MIT */
/* For unit tests of module `atoll`: scripts that assert for themselves. */
#ifndef TESTS_UNIT_LUA_ASSERT_H
#define TESTS_UNIT_LUA_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>

#include "runtimes/lua/runtime_lua_wait.h"

/* Called with a script; its last act is what the runtime does behind a script. */
static int script_call(lua_State *L)
{
	if (luaL_dostring(L, lua_tostring(L, 1)))
		return lua_error(L);
	runtime_lua_tasks_finish(L);
	return 0;
}

/* Its error, if any, is the test's. */
static inline void assert_script(lua_State *L, const char *script)
{
	lua_pushcfunction(L, script_call);
	lua_pushstring(L, script);
	if (lua_pcall(L, 1, 0, 0))
		fail_msg("%s", lua_tostring(L, -1));
	lua_settop(L, 0);
}

#endif
