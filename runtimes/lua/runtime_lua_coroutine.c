/* SPDX-License-Identifier: MIT */
/*
 * coroutine.resume, wrap and close as Lua has them, but for two things. They
 * note which coroutine runs: what comes from outside Lua, a request to stop or
 * a failed allocation, has no other way to learn it. And where a coroutine below
 * a task yields because it waits, its resumer waits with it, and nobody else may
 * resume or close it.
 */
#include "runtimes/lua/runtime_lua_state.h"

#include <lauxlib.h>
#include <lua.h>

#include "runtimes/lua/runtime_lua_wait.h"

#define FAILED (-1)

/*
 * Resume co with the count values on top of L, noting that it runs. Returns how
 * many values it left on L instead, or FAILED with an error object there. [-count, +n, -]
 */
static int resume(lua_State *L, lua_State *co, int count)
{
	lua_State *resumer = runtime_lua_self.running;
	int results, status;

	if (!lua_checkstack(co, count)) {
		lua_pushliteral(L, "too many arguments to resume");
		return FAILED;
	}
	lua_xmove(L, co, count);
	*runtime_lua_waiter(co) = 0;
	runtime_lua_self.running = co;
	status = lua_resume(co, L, count, &results);
	runtime_lua_self.running = resumer;
	if (runtime_lua_self.stop_due && resumer)
		runtime_lua_stop_arm(resumer);
	if (status != LUA_OK && status != LUA_YIELD) {
		lua_xmove(co, L, 1);
		return FAILED;
	}
	if (!lua_checkstack(L, results + 1)) {
		lua_pop(co, results);
		lua_pushliteral(L, "too many results to resume");
		return FAILED;
	}
	lua_xmove(co, L, results);
	return results;
}

/* Resume co until it yields to the program or ends; k goes on where it waits. [-count, +n, e] */
static int resume_through(lua_State *L, lua_State *co, int count, lua_KFunction k)
{
	int results = resume(L, co, count);

	while (runtime_lua_wait_below(L, co, results, 0, k))
		results = resume(L, co, 0);
	return results;
}

/* The same for the program, which must not disturb one that holds what a task waits with. */
static int resume_begin(lua_State *L, lua_State *co, int count, lua_KFunction k)
{
	if (!runtime_lua_waits_in(co))
		return resume_through(L, co, count, k);
	lua_pushliteral(L, "cannot resume a coroutine in which a task waits");
	return FAILED;
}

static int resume_answer(lua_State *L, int results)
{
	lua_pushboolean(L, results != FAILED);
	if (results == FAILED)
		results = 1;
	lua_insert(L, -(results + 1));
	return results + 1;
}

static int resume_on(lua_State *L, int status, lua_KContext context)
{
	(void)status, (void)context;
	return resume_answer(L, resume_through(L, lua_tothread(L, 1), 0, resume_on));
}

/* coroutine.resume(co, ...) -> true, ... | false, error. [-0, +n, v] */
static int coroutine_resume(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);

	luaL_argexpected(L, co, 1, "coroutine");
	return resume_answer(L, resume_begin(L, co, lua_gettop(L) - 1, resume_on));
}

/* The results of a wrapped coroutine; its errors go on, with the place in front. [-0, +0, e] */
static int call_answer(lua_State *L, lua_State *co, int results)
{
	int status = lua_status(co);

	if (results != FAILED)
		return results;
	if (status != LUA_OK && status != LUA_YIELD) {
		status = lua_resetthread(co); /* closes its variables, which may fail */
		lua_xmove(co, L, 1);
	}
	if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int call_on(lua_State *L, int status, lua_KContext context)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));

	(void)status, (void)context;
	return call_answer(L, co, resume_through(L, co, 0, call_on));
}

/* What coroutine.wrap returns. [-0, +n, e] */
static int coroutine_call(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));

	return call_answer(L, co, resume_begin(L, co, lua_gettop(L), call_on));
}

/* coroutine.wrap(f) -> function. [-0, +1, v] */
static int coroutine_wrap(lua_State *L)
{
	lua_State *co;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	lua_pushcclosure(L, coroutine_call, 1);
	return 1;
}

/* coroutine.close(co) -> true | false, error: Lua's own, the upvalue. [-0, +1|2, v] */
static int coroutine_close(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);

	luaL_argexpected(L, co, 1, "coroutine");
	if (runtime_lua_waits_in(co))
		return luaL_error(L, "cannot close a coroutine in which a task waits");
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static const luaL_Reg functions[] = {
	{"resume", coroutine_resume},
	{"wrap", coroutine_wrap},
	{"close", coroutine_close},
	{NULL, NULL},
};

void runtime_lua_coroutines(lua_State *L)
{
	*runtime_lua_waiter(L) = 0; /* new coroutines get a copy of the main one's */
	lua_getglobal(L, "coroutine");
	lua_getfield(L, -1, "close");
	luaL_setfuncs(L, functions, 1);
	lua_pop(L, 1);
}
