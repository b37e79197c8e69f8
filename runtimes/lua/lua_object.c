/* SPDX-License-Identifier: MIT */
/* What the objects of module `atoll` are made with: classes, weak tables, counters. */
#include "runtimes/lua/runtime_lua_object.h"

#include <lauxlib.h>

void runtime_lua_weak_table(lua_State *L)
{
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
}

void runtime_lua_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
	luaL_newmetatable(L, name);
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}

void runtime_lua_counter_set(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}
