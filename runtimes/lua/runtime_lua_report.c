/* SPDX-License-Identifier: MIT */
/* What is said of an error that ends a Lua component. */
#include "runtimes/lua/runtime_lua_state.h"

#include <stdio.h>
#include <lauxlib.h>
#include <lua.h>

#include "container/component.h"

/* The error as text with a traceback; not called when memory is out. [-1, +1, m] */
int runtime_lua_describe(lua_State *L)
{
	const char *message = lua_tostring(L, 1);

	if (runtime_lua_is_memory_error(message))
		return 1; /* from a coroutine; the report is below */
	if (!message && luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
		return 1;
	if (!message)
		message = lua_pushfstring(L, "error object is a %s value", luaL_typename(L, 1));
	luaL_traceback(L, L, message, 1);
	return 1;
}

static void memory_report(const char *name)
{
	const char *trace = runtime_lua_trace();
	struct component_stats stats;

	component_stats(&stats);
	fprintf(stderr, "%s: out of memory; the heap's quota is %zu KiB\n", name,
		stats.heap_quota >> 10);
	if (*trace)
		fprintf(stderr, "%s\n", trace);
}

int runtime_lua_report(const char *message)
{
	if (runtime_lua_is_memory_error(message))
		memory_report(component_name());
	else
		fprintf(stderr, "%s: %s\n", component_name(),
			message ? message : "an error in an error's handler");
	return 1;
}

void runtime_lua_fail(const char *report)
{
	component_exit(runtime_lua_report(report ? report : "not enough memory"));
}
