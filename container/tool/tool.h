/* SPDX-License-Identifier: MIT */
/*
 * The Lua modules that the tool has in C.
 */
#ifndef CONTAINER_TOOL_TOOL_H
#define CONTAINER_TOOL_TOOL_H

#include <lua.h>

int luaopen_files(lua_State *L);   /* the file system, and commands run to their end */
int luaopen_foreign(lua_State *L); /* memory of running processes and guests */
int luaopen_layout(lua_State *L);  /* the address map */
int luaopen_memory(lua_State *L);  /* limit(bytes): what this Lua state may hold */
int luaopen_sys(lua_State *L);     /* processes that run beside the tool */
int luaopen_xen(lua_State *L);     /* another guest's registers and memory */

int files_run(lua_State *L);            /* of module files */
void descriptor_register(lua_State *L); /* adds to the table on top, module sys */
void socket_register(lua_State *L);     /* likewise */

/* Return nil and errno as text, "again" for EAGAIN; return true. */
int answer_errno(lua_State *L);
int answer_true(lua_State *L);

/* The first count strings of the list at index 1, NULL-terminated, as a Lua-owned block. */
char **argv_take(lua_State *L, size_t count);

/* Bytes that a Lua state holds, and the most it may hold. */
struct memory_budget {
	size_t used;
	size_t limit;
};

/* lua_Alloc over a struct memory_budget. */
void *memory_alloc(void *budget, void *ptr, size_t old, size_t size);

#endif
