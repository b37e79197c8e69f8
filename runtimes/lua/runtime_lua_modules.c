/* SPDX-License-Identifier: MIT */
/*
 * `require` in a component: modules come with the image, never from a file
 * system, so that a component is the same wherever it runs.
 *
 * A module is found by its name, or as a file that package.path leads to: a
 * module's own or a bundled one. package.path has the form that it has in Lua.
 */
#include "runtimes/lua/runtime_lua.h"

#include <string.h>
#include <lauxlib.h>
#include <lua.h>

#include "container/component.h"

#define PATH "?.lua;?/init.lua"

/* A piece of Lua in the image. */
struct code {
	const char *bytes;
	size_t size;
};

/* The program that the running function's first upvalue names. */
static const struct runtime_lua_program *program_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

static const struct runtime_lua_module *module_find(const struct runtime_lua_program *p,
						    const char *name)
{
	for (unsigned i = 0; i < p->module_count; i++)
		if (!strcmp(p->modules[i].name, name))
			return &p->modules[i];
	return NULL;
}

/* What the image has under a file's name; bytes is NULL where it has none. */
static struct code file_find(const struct runtime_lua_program *p, const char *file)
{
	struct code code;

	for (unsigned i = 0; i < p->module_count; i++)
		if (p->modules[i].code && !strcmp(p->modules[i].chunkname + 1, file))
			return (struct code){p->modules[i].code, p->modules[i].size};
	code.bytes = component_file(file, &code.size);
	return code;
}

/*
 * Search the path for a name in which rep already stands for the separators.
 * Leaves the name of the file that was found, or the text of what was not; the
 * code's bytes say which. [-0, +1, m]
 */
static struct code path_search(lua_State *L, const char *name, const char *path)
{
	const struct runtime_lua_program *p = program_of(L);
	int tried = 0;

	luaL_checkstack(L, 4, "path");
	lua_pushliteral(L, "");
	while (*path) {
		size_t length = strcspn(path, ";");
		struct code code;

		if (!length) {
			path++;
			continue;
		}
		lua_pushlstring(L, path, length);
		luaL_gsub(L, lua_tostring(L, -1), "?", name);
		lua_remove(L, -2);
		code = file_find(p, lua_tostring(L, -1));
		if (code.bytes) {
			lua_remove(L, -2);
			return code;
		}
		lua_pushfstring(L, "%s%sno file '%s' in the image", lua_tostring(L, -2),
				tried++ ? "\n\t" : "", lua_tostring(L, -1));
		lua_replace(L, -3);
		lua_pop(L, 1);
		path += length;
	}
	return (struct code){NULL, 0};
}

/* package.searchpath(name, path [, sep [, rep]]) -> file | nil, message. [-0, +1|2, v] */
static int package_searchpath(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	const char *path = luaL_checkstring(L, 2);
	const char *sep = luaL_optstring(L, 3, ".");
	const char *rep = luaL_optstring(L, 4, "/");

	if (*sep)
		name = luaL_gsub(L, name, sep, rep);
	if (path_search(L, name, path).bytes)
		return 1;
	luaL_pushfail(L);
	lua_insert(L, -2);
	return 2;
}

/* package.loadlib: there is nothing to load from. [-0, +3, m] */
static int package_loadlib(lua_State *L)
{
	luaL_pushfail(L);
	lua_pushliteral(L, "a component loads no libraries; `require` finds those in the image");
	lua_pushliteral(L, "absent");
	return 3;
}

/* "no module 'x' in the image, which has a, b.c". [-0, +1, m] */
static void absence_push(lua_State *L, const char *name)
{
	const struct runtime_lua_program *p = program_of(L);
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	lua_pushfstring(L, "no module '%s' in the image, which has ", name);
	luaL_addvalue(&b);
	for (unsigned i = 0; i < p->module_count; i++) {
		luaL_addstring(&b, p->modules[i].name);
		luaL_addstring(&b, ", ");
	}
	luaL_addstring(&b, "atoll");
	luaL_pushresult(&b);
}

/* The chunk as a function; the string under it is where it comes from. [-0, +1, e] */
static void code_load(lua_State *L, const char *name, struct code code, const char *chunkname)
{
	if (runtime_lua_load(L, code.bytes, code.size, chunkname))
		luaL_error(L, "error loading module '%s' from the image:\n\t%s", name,
			   lua_tostring(L, -1));
}

/* searcher(name) -> loader, where it comes from | message. [-0, +1|2, e] */
static int searcher_name(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	const struct runtime_lua_module *m = module_find(program_of(L), name);

	if (!m) {
		absence_push(L, name);
		return 1;
	}
	if (m->open)
		lua_pushcfunction(L, m->open);
	else
		code_load(L, name, (struct code){m->code, m->size}, m->chunkname);
	lua_pushstring(L, m->open ? m->name : m->chunkname + 1);
	return 2;
}

/* The same, along package.path. [-0, +1|2, e] */
static int searcher_path(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct code code;

	lua_getfield(L, lua_upvalueindex(2), "path");
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "'package.path' must be a string");
	code = path_search(L, luaL_gsub(L, name, ".", "/"), lua_tostring(L, 2));
	if (!code.bytes)
		return 1;
	code_load(L, name, code, lua_pushfstring(L, "@%s", lua_tostring(L, -1)));
	lua_pushvalue(L, -3);
	return 2;
}

static const luaL_Reg package_functions[] = {
	{"loadlib", package_loadlib},
	{"searchpath", package_searchpath},
	{NULL, NULL},
};

/* Of Lua's own searchers the first, for package.preload, stays. [-0, +0, m] */
static void searchers_set(lua_State *L, const struct runtime_lua_program *program)
{
	static const lua_CFunction searchers[] = {searcher_name, searcher_path};

	lua_getfield(L, -1, "searchers");
	for (lua_Integer i = luaL_len(L, -1); i > 1; i--) {
		lua_pushnil(L);
		lua_rawseti(L, -2, i);
	}
	for (int i = 0; i < 2; i++) {
		lua_pushlightuserdata(L, (void *)program);
		lua_pushvalue(L, -3); /* the package */
		lua_pushcclosure(L, searchers[i], 2);
		lua_rawseti(L, -2, i + 2);
	}
	lua_pop(L, 1);
}

void runtime_lua_modules(lua_State *L, const struct runtime_lua_program *program)
{
	lua_getglobal(L, "package");
	lua_pushlightuserdata(L, (void *)program);
	luaL_setfuncs(L, package_functions, 1);
	lua_pushliteral(L, PATH);
	lua_setfield(L, -2, "path");
	lua_pushliteral(L, "");
	lua_setfield(L, -2, "cpath");
	searchers_set(L, program);
	lua_getfield(L, -1, "preload");
	lua_pushcfunction(L, luaopen_atoll);
	lua_setfield(L, -2, "atoll");
	lua_pop(L, 2);
	if (program->services) {
		lua_pushcfunction(L, program->services);
		lua_setfield(L, LUA_REGISTRYINDEX, RUNTIME_LUA_SERVICES);
	}
}
