/* SPDX-License-Identifier: MIT */
/*
 * Being asked to stop: a Lua function, called once, at the next instruction of
 * whatever Lua code runs.
 *
 * The request arrives in a signal handler of the component's thread, which may
 * do no more than set a debug hook, as the stand-alone lua does for Ctrl-C. A
 * hook is a coroutine's own, so both the one that runs and the main one get it,
 * and those in between when they run again; the first one to be called clears
 * the request.
 */
#include "runtimes/lua/runtime_lua_state.h"

#include <lauxlib.h>
#include <lua.h>

#include "container/component.h"

/* Its address is the registry's key for the function to call. */
static const char stop_key;

/*
 * The signal may come at any point of this: once `told` is set it asks for
 * nothing more, and before, what it asks for is what is being done. [-0, +0, e]
 */
static void stop_hook(lua_State *L, lua_Debug *ar)
{
	struct runtime_lua_state *s = &runtime_lua_self;

	(void)ar;
	lua_sethook(L, NULL, 0, 0);
	if (!s->stop_due || s->stop_told)
		return;
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &stop_key) == LUA_TNIL) {
		lua_pop(L, 1);
		s->stop_due = 0;
		return;
	}
	s->stop_told = 1;
	s->stop_due = 0;
	lua_call(L, 0, 0);
}

void runtime_lua_stop_arm(lua_State *L)
{
	lua_sethook(L, stop_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void runtime_lua_stop_seen(lua_State *L)
{
	if (runtime_lua_self.stop_told)
		return;
	runtime_lua_self.stop_due = 1;
	runtime_lua_stop_arm(L);
}

void runtime_lua_stop(void)
{
	lua_State *main = runtime_lua_self.main, *running = runtime_lua_self.running;

	if (!main)
		return;
	runtime_lua_stop_seen(main);
	if (running != main)
		runtime_lua_stop_seen(running);
}

/* atoll.on_stop(f | nil): instead of the one before; at once where it is too late to wait. */
int runtime_lua_on_stop(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &stop_key);
	runtime_lua_self.stop_told = 0;
	if (component_stopping())
		runtime_lua_stop_seen(L);
	return 0;
}
