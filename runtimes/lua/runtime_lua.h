/* SPDX-License-Identifier: MIT */
/*
 * What the packer writes for a Lua component called NAME:
 *
 *   extern const char NAME_code[], NAME_module_1[];
 *   extern int luaopen_cjson(struct lua_State *);
 *   static const struct runtime_lua_module NAME_modules[] = {
 *           {.name = "sub.text", .chunkname = "@sub/text.lua",
 *            .code = NAME_module_1, .size = SIZE},
 *           {.name = "cjson", .open = luaopen_cjson},
 *   };
 *   static const struct runtime_lua_program NAME_program = {
 *           .chunkname = "@counter.lua", .code = NAME_code, .size = SIZE,
 *           .modules = NAME_modules, .module_count = 2,
 *           .services = runtime_lua_services,
 *   };
 *
 * with .runtime = &runtime_lua and .program = &NAME_program.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_H
#define RUNTIMES_LUA_RUNTIME_LUA_H

#include <stddef.h>

struct lua_State;

/* What `require` finds under a name: code in Lua, or a function in C; never both. */
struct runtime_lua_module {
	const char *name;      /* as require is given it */
	const char *chunkname; /* "@" and the file's name; NULL for a function */
	const char *code;      /* source text or a precompiled chunk; NULL for a function */
	size_t size;           /* bytes of code */
	int (*open)(struct lua_State *); /* luaopen_NAME; NULL for code */
};

struct runtime_lua_program {
	const char *chunkname; /* "@" and the script's name, as tracebacks show it */
	const char *code;      /* source text or a precompiled chunk */
	size_t size;           /* bytes of code */
	const struct runtime_lua_module *modules; /* names differ; NULL where there is none */
	unsigned module_count;
	int (*services)(struct lua_State *); /* runtime_lua_services, or NULL */
};

/* In the registry: that function, for luaopen_atoll to call with its table. */
#define RUNTIME_LUA_SERVICES "atoll.services"

/* Put listen and connect into that table; of components that a service names. [-0, +0, m] */
int runtime_lua_services(struct lua_State *L);

/*
 * A chunk as a function, or a status of lua_load's and a message; chunkname is
 * for tracebacks, and a precompiled chunk's own comes first. [-0, +1, -]
 */
int runtime_lua_load(struct lua_State *L, const char *code, size_t size, const char *chunkname);

/* Give os and io of this state the meaning they have in a component. [-0, +0, m] */
void runtime_lua_system(struct lua_State *L, char **envp);

/* Have `require` find the program's modules and nothing else. [-0, +0, m] */
void runtime_lua_modules(struct lua_State *L, const struct runtime_lua_program *program);

/* Module `atoll`. [-0, +1, m] */
int luaopen_atoll(struct lua_State *L);

#endif
