/* SPDX-License-Identifier: MIT */
/*
 * A component's Lua state and what of it runs, for the files of this folder.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_STATE_H
#define RUNTIMES_LUA_RUNTIME_LUA_STATE_H

#include <signal.h>
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
	volatile sig_atomic_t stop_due;  /* a signal handler sets it, the hook clears it */
	volatile sig_atomic_t stop_told; /* the function that is to be called was */
	const void *refused_block;       /* the last request that was refused for the first time */
	size_t refused_size;             /* 0: none */
	char (*traces)[RUNTIME_LUA_TRACE_SIZE]; /* two, of refused requests; NULL: no memory */
	unsigned trace;                         /* which of them counts */
};

extern __thread struct runtime_lua_state runtime_lua_self;

/* A state whose failed allocations leave a traceback; NULL where there is no memory. */
struct lua_State *runtime_lua_open(void);
void runtime_lua_close(void *L);

/* Where memory ran out, as luaL_traceback says it; "" where it is not known. */
const char *runtime_lua_trace(void);

/* Whether this is Lua's error that memory is out, under whatever status it arrives. */
bool runtime_lua_is_memory_error(const char *message);

/* A message handler: the error as text with a traceback, but for out of memory. [-0, +1, m] */
int runtime_lua_describe(struct lua_State *L);

/* Say on stderr why the component ends; returns its status. */
int runtime_lua_report(const char *message);

/* The same, and end the component; NULL: memory is out. */
_Noreturn void runtime_lua_fail(const char *report);

/* The component was asked to stop; in a signal handler. */
void runtime_lua_stop(void);

/* The same, outside of one: code that runs on L learnt it before the signal came. */
void runtime_lua_stop_seen(struct lua_State *L);

/* Have this coroutine look at the request when it executes its next instruction. */
void runtime_lua_stop_arm(struct lua_State *L);

/* atoll.on_stop(f). [-0, +0, v] */
int runtime_lua_on_stop(struct lua_State *L);

/* Warnings as lua has them; a finalizer that could not run ends the component. [-0, +0, -] */
void runtime_lua_warnings(struct lua_State *L);

/* Replace coroutine.resume and wrap by ones that say what runs. [-0, +0, m] */
void runtime_lua_coroutines(struct lua_State *L);

#endif
