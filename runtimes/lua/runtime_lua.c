/* SPDX-License-Identifier: MIT */
/*
 * The Lua runtime: one state a component, its memory from the component's heap.
 *
 * The state is closed by an exit handler, so that its finalizers run whether
 * the script returns, fails or calls os.exit.
 */
#include "runtimes/lua/runtime_lua.h"

#include <string.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "container/component.h"
#include "container/image.h"
#include "container/runtime.h"
#include "runtimes/lua/runtime_lua_state.h"
#include "runtimes/lua/runtime_lua_wait.h"

struct script {
	const struct runtime_lua_program *program;
	int argc;
	char **argv;
	char **envp;
};

/* [-0, +0, m] */
static void libraries_open(lua_State *L, const struct script *s)
{
	lua_pushboolean(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
	luaL_openlibs(L);
	runtime_lua_coroutines(L);
	runtime_lua_modules(L, s->program);
	runtime_lua_system(L, s->envp);
}

/* The global `arg`; arg[0] is the script. [-0, +0, m] */
static void arg_set(lua_State *L, const struct script *s)
{
	lua_createtable(L, s->argc - 1, 1);
	lua_pushstring(L, s->program->chunkname + 1);
	lua_rawseti(L, -2, 0);
	for (int i = 1; i < s->argc; i++) {
		lua_pushstring(L, s->argv[i]);
		lua_rawseti(L, -2, i);
	}
	lua_setglobal(L, "arg");
}

/* A first line that begins with # is for Unix and not for Lua. [-0, +1, -] */
int runtime_lua_load(lua_State *L, const char *code, size_t size, const char *chunkname)
{
	const char *end = size && *code == '#' ? memchr(code, '\n', size) : code;
	size_t skip = end ? (size_t)(end - code) : size;

	return luaL_loadbuffer(L, code + skip, size - skip, chunkname);
}

/* [-1, +0, e] */
static int script_main(lua_State *L)
{
	const struct script *s = lua_touserdata(L, 1);

	libraries_open(L, s);
	arg_set(L, s);
	if (runtime_lua_load(L, s->program->code, s->program->size, s->program->chunkname))
		lua_error(L);
	luaL_checkstack(L, s->argc, "too many arguments");
	for (int i = 1; i < s->argc; i++)
		lua_pushstring(L, s->argv[i]);
	lua_call(L, s->argc - 1, 0);
	runtime_lua_tasks_finish(L);
	return 0;
}

static int runtime_lua_run(const struct image_component *spec, int argc, char **argv, char **envp)
{
	struct script script = {spec->program, argc, argv, envp};
	lua_State *L = runtime_lua_open();
	int error;

	if (!L)
		return runtime_lua_report("not enough memory");
	if (component_at_exit(runtime_lua_close, L)) {
		runtime_lua_close(L);
		return runtime_lua_report("not enough memory");
	}
	lua_pushcfunction(L, runtime_lua_describe);
	lua_pushcfunction(L, script_main);
	lua_pushlightuserdata(L, &script);
	error = lua_pcall(L, 1, 0, 1);
	return error ? runtime_lua_report(lua_tostring(L, -1)) : 0;
}

const struct runtime runtime_lua = {
	.name = "lua",
	.run = runtime_lua_run,
	.stop = runtime_lua_stop,
};
