/* SPDX-License-Identifier: MIT */
/*
 * A component's Lua state and what of it runs, for the files of this folder.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_STATE_H
#define RUNTIMES_LUA_RUNTIME_LUA_STATE_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;

#define RUNTIME_LUA_TRACE_SIZE 2048 /* bytes of text; a longer traceback loses its end */

/* Each component has one thread that runs Lua, so this is its component's. */
struct runtime_lua_state {
	/*
	 * The state, and its coroutine that runs: of these a signal handler of the
	 * same thread reads both. NULL before the script starts and after it ended.
	 */
	struct lua_State *volatile main;
	struct lua_State *volatile running;
	char *trace; /* where the last failed allocation was; the component's, or NULL */
};

extern __thread struct runtime_lua_state runtime_lua_self;

/* A state whose failed allocations leave a traceback; NULL where there is no memory. */
struct lua_State *runtime_lua_open(void);
void runtime_lua_close(void *L);

/* Whether this is Lua's error that memory is out, under whatever status it arrives. */
bool runtime_lua_is_memory_error(const char *message);

/* Replace coroutine.resume and wrap by ones that say what runs. [-0, +0, m] */
void runtime_lua_coroutines(struct lua_State *L);

#endif
