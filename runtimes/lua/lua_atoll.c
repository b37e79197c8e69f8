/* SPDX-License-Identifier: MIT */
/* Module `atoll` for Lua components: channels by name, tasks, modules, counters, time. */
#include "runtimes/lua/runtime_lua.h"

#include <lauxlib.h>
#include <lua.h>

#include "container/component.h"
#include "ipc/monotonic.h"
#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_object.h"
#include "runtimes/lua/runtime_lua_state.h"
#include "runtimes/lua/runtime_lua_wait.h"

/* atoll.module(i) -> contents of the i-th module, from 1, | nil. [-0, +1, v] */
static int atoll_module(lua_State *L)
{
	lua_Integer i = luaL_checkinteger(L, 1);
	const void *bytes;
	size_t size;

	luaL_argcheck(L, i >= 1 && i <= UINT32_MAX, 1, "modules are numbered from 1");
	bytes = component_module((unsigned)(i - 1), &size);
	if (bytes)
		lua_pushlstring(L, bytes, size);
	else
		luaL_pushfail(L);
	return 1;
}

/* atoll.name() -> the component's. [-0, +1, m] */
static int atoll_name(lua_State *L)
{
	lua_pushstring(L, component_name());
	return 1;
}

/* atoll.stats() -> table of the component's counters: bytes, seconds. [-0, +1, m] */
static int atoll_stats(lua_State *L)
{
	struct component_stats s;

	component_stats(&s);
	lua_createtable(L, 0, 5);
	runtime_lua_counter_set(L, "heap_used", s.heap_used);
	runtime_lua_counter_set(L, "heap_peak", s.heap_peak);
	runtime_lua_counter_set(L, "heap_quota", s.heap_quota);
	runtime_lua_counter_set(L, "restarts", s.restarts);
	lua_pushnumber(L, (lua_Number)s.cpu_ns / MONOTONIC_SECOND);
	lua_setfield(L, -2, "cpu");
	return 1;
}

/* atoll.now() -> seconds on a clock that only goes forward. [-0, +1, -] */
static int atoll_now(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)monotonic_now() / MONOTONIC_SECOND);
	return 1;
}

/* atoll.stopping() -> whether the image was asked to stop. [-0, +1, -] */
static int atoll_stopping(lua_State *L)
{
	lua_pushboolean(L, component_stopping());
	return 1;
}

/* listen and connect where no service of the image names the component. [-0, +2, v] */
static int atoll_no_service(lua_State *L)
{
	luaL_pushfail(L);
	lua_pushfstring(L, "%s: service %s: not in the manifest", component_name(),
			luaL_checkstring(L, 1));
	return 2;
}

static const luaL_Reg functions[] = {
	{"listen", atoll_no_service},
	{"connect", atoll_no_service},
	{"module", atoll_module},
	{"name", atoll_name},
	{"stats", atoll_stats},
	{"now", atoll_now},
	{"on_stop", runtime_lua_on_stop},
	{"stopping", atoll_stopping},
	{"encode", runtime_lua_encode},
	{"decode", runtime_lua_decode},
	{NULL, NULL},
};

int luaopen_atoll(lua_State *L)
{
	luaL_newlib(L, functions);
	runtime_lua_channels(L);
	runtime_lua_tasks(L);
	if (lua_getfield(L, LUA_REGISTRYINDEX, RUNTIME_LUA_SERVICES) == LUA_TFUNCTION) {
		lua_pushvalue(L, -2);
		lua_call(L, 1, 1);
	}
	lua_pop(L, 1);
	return 1;
}
