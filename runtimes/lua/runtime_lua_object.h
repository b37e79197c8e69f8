/* SPDX-License-Identifier: MIT */
/* What the objects of module `atoll` are made with. */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_OBJECT_H
#define RUNTIMES_LUA_RUNTIME_LUA_OBJECT_H

#include <stdint.h>
#include <lua.h>

struct luaL_Reg;

/* Set a field of the table on top. [-0, +0, m] */
void runtime_lua_counter_set(lua_State *L, const char *name, uint64_t value);

/* The metatable of that name, in which its methods are looked up as well. [-0, +0, m] */
void runtime_lua_class(lua_State *L, const char *name, const struct luaL_Reg *methods);

/*
 * What is the container's, such as a channel, belongs to one userdata at a time; the registry
 * has that by its address. NULL: it belongs to none. [-0, +0, m]
 */
static inline void runtime_lua_own(lua_State *L, const void *what, void *owner)
{
	if (owner)
		lua_pushlightuserdata(L, owner);
	else
		lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, what);
}

static inline void *runtime_lua_owner(lua_State *L, const void *what)
{
	void *owner;

	lua_rawgetp(L, LUA_REGISTRYINDEX, what);
	owner = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return owner;
}

/* A table whose values do not keep what they are from the collector. [-0, +1, m] */
void runtime_lua_weak_table(lua_State *L);

#endif
