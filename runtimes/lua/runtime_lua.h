/* SPDX-License-Identifier: MIT */
/*
 * What the packer writes for a Lua component called NAME:
 *
 *   static const char NAME_code[] = ...;
 *   static const struct runtime_lua_program NAME_program = {
 *           "@counter.lua", NAME_code, SIZE,
 *   };
 *
 * with .runtime = &runtime_lua and .program = &NAME_program.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_H
#define RUNTIMES_LUA_RUNTIME_LUA_H

#include <stddef.h>

struct lua_State;

struct runtime_lua_program {
	const char *chunkname; /* "@" and the script's name, as tracebacks show it */
	const char *code;      /* source text or a precompiled chunk */
	size_t size;           /* bytes of code */
};

/* Give os and io of this state the meaning they have in a component. [-0, +0, m] */
void runtime_lua_system(struct lua_State *L, char **envp);

/* Module `atoll`. [-0, +1, m] */
int luaopen_atoll(struct lua_State *L);

#endif
