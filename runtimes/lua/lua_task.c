/* SPDX-License-Identifier: MIT */
/* Tasks as Lua has them: spawn, join, cancel, sleep, yield, select. */
#include "runtimes/lua/runtime_lua_task.h"

#include <lauxlib.h>

#include "container/component.h"
#include "ipc/channel.h"
#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_object.h"
#include "runtimes/lua/runtime_lua_state.h"

#define TASK "atoll.task"

#define SELECT_MAX 4096

static struct runtime_lua_task *task_check(lua_State *L)
{
	return luaL_checkudata(L, 1, TASK);
}

/* It runs when this one waits. */
int runtime_lua_spawn(lua_State *L)
{
	int args = lua_gettop(L) - 1;
	struct runtime_lua_task *t;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	t = lua_newuserdatauv(L, sizeof(*t), 1);
	*t = (struct runtime_lua_task){.state = RUNTIME_LUA_TASK_READY, .count = args};
	t->co = lua_newthread(L);
	lua_setiuservalue(L, -2, 1);
	luaL_setmetatable(L, TASK);
	if (!lua_checkstack(t->co, args + 1))
		return luaL_error(L, "too many arguments to spawn");
	lua_insert(L, 1);
	lua_xmove(L, t->co, args + 1);
	runtime_lua_task_add(L, t);
	return 1;
}

/* What came of a task that has ended. [-0, +n, m] */
static int task_results(lua_State *L, struct runtime_lua_task *t)
{
	runtime_lua_task_joined(t);
	luaL_checkstack(L, t->count + 1, "too many results");
	if (!lua_checkstack(t->co, t->count))
		return luaL_error(L, "too many results");
	if (t->state == RUNTIME_LUA_TASK_FAILED)
		luaL_pushfail(L);
	for (int i = 0; i < t->count; i++)
		lua_pushvalue(t->co, -t->count);
	lua_xmove(t->co, L, t->count);
	return t->count + (t->state == RUNTIME_LUA_TASK_FAILED);
}

/* [-0, +2, m] */
static int wait_failure(lua_State *L, bool stopping)
{
	return runtime_lua_word(L, stopping ? CHANNEL_STOPPING : CHANNEL_AGAIN);
}

static int join_on(lua_State *L, int status, lua_KContext deadline);

static int join_try(lua_State *L, struct runtime_lua_task *t, uint64_t deadline)
{
	const struct runtime_lua_wait_item item = {.kind = RUNTIME_LUA_WAIT_TASK, .task = t};
	bool stopping;

	for (;;) {
		if (t->state >= RUNTIME_LUA_TASK_ENDED)
			return task_results(L, t);
		if (runtime_lua_wait_over(deadline, &stopping))
			return wait_failure(L, stopping);
		runtime_lua_wait_one(L, &item, deadline, join_on);
	}
}

static int join_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	return join_try(L, task_check(L), (uint64_t)deadline);
}

/* task:join([timeout]) -> what it returned | nil, its error or a word. [-0, +n, v] */
static int task_join(lua_State *L)
{
	struct runtime_lua_task *t = task_check(L);

	luaL_argcheck(L, t != runtime_lua_task_current(), 1, "a task cannot join itself");
	return join_try(L, t, runtime_lua_deadline_check(L, 2));
}

/* task:cancel() -> whether there was anything to cancel. [-0, +1, v] */
static int task_cancel(lua_State *L)
{
	struct runtime_lua_task *t = task_check(L);
	bool live = t->state < RUNTIME_LUA_TASK_ENDED;

	luaL_argcheck(L, t->state != RUNTIME_LUA_TASK_RUNNING, 1,
		      "a task that runs cannot be cancelled");
	if (live)
		runtime_lua_task_cancel(L, t);
	lua_pushboolean(L, live);
	return 1;
}

/* task:status() -> a word. [-0, +1, v] */
static int task_status(lua_State *L)
{
	static const char *const words[] = {"ready", "running", "waiting", "ended", "failed"};

	lua_pushstring(L, words[task_check(L)->state]);
	return 1;
}

static int task_gc(lua_State *L)
{
	runtime_lua_task_forget(task_check(L));
	return 0;
}

static int sleep_on(lua_State *L, int status, lua_KContext deadline)
{
	struct runtime_lua_wait w = {.deadline = (uint64_t)deadline};
	bool stopping;

	(void)status;
	w.until_stop = lua_toboolean(L, 2);
	while (!runtime_lua_wait_over(w.deadline, &stopping)) {
		if (w.until_stop && component_stopping())
			return wait_failure(L, true);
		runtime_lua_wait(L, &w, deadline, sleep_on);
	}
	if (stopping)
		return wait_failure(L, true);
	lua_pushboolean(L, 1);
	return 1;
}

/* atoll.sleep(seconds) -> true | nil, "stopping" when that comes meanwhile. [-0, +1|2, v] */
static int atoll_sleep(lua_State *L)
{
	luaL_checknumber(L, 1);
	lua_settop(L, 1);
	lua_pushboolean(L, !component_stopping());
	return sleep_on(L, LUA_OK, (lua_KContext)runtime_lua_deadline_check(L, 1));
}

/* atoll.yield(): let the others run. [-0, +0, v] */
static int atoll_yield(lua_State *L)
{
	lua_settop(L, 0);
	return runtime_lua_yield(L);
}

/* Entry i of the list: an endpoint that can be received from, a service, or a task. [-0, +0, v] */
static struct runtime_lua_wait_item select_item(lua_State *L, lua_Integer i)
{
	struct runtime_lua_wait_item item = {.kind = RUNTIME_LUA_WAIT_MESSAGE};
	struct runtime_lua_endpoint *e;
	struct runtime_lua_service *s;

	lua_rawgeti(L, 1, i);
	e = runtime_lua_endpoint_test(L, -1);
	s = luaL_testudata(L, -1, RUNTIME_LUA_SERVICE);
	item.task = luaL_testudata(L, -1, TASK);
	if (e)
		item.ch = &e->ch;
	else if (s)
		item.ch = &s->door;
	else if (item.task)
		item.kind = RUNTIME_LUA_WAIT_TASK;
	else
		luaL_error(L, "entry %I: got a %s, expected an endpoint, a service or a task",
			   (LUAI_UACINT)i, luaL_typename(L, -1));
	lua_pop(L, 1);
	return item;
}

/* The stack: list, timeout, the items, where to begin to look. */
static int select_on(lua_State *L, int status, lua_KContext deadline)
{
	const struct runtime_lua_wait_item *items = lua_touserdata(L, 3);
	unsigned count = (unsigned)lua_rawlen(L, 1), from = (unsigned)lua_tointeger(L, 4);
	struct runtime_lua_wait w = {.deadline = (uint64_t)deadline, .count = count, .many = items};
	bool stopping;

	(void)status;
	w.one = items[0];
	for (;;) {
		for (unsigned i = 0; i < count; i++) {
			unsigned at = (from + i) % count;

			if (!runtime_lua_item_over(&items[at]))
				continue;
			lua_rawgeti(L, 1, (lua_Integer)at + 1);
			lua_pushinteger(L, (lua_Integer)at + 1);
			return 2;
		}
		if (runtime_lua_wait_over(w.deadline, &stopping))
			return wait_failure(L, stopping);
		runtime_lua_wait(L, &w, deadline, select_on);
	}
}

/*
 * atoll.select(list [, timeout]) -> the entry that is ready, its index | nil,
 * word. Each call begins to look behind the place before. [-0, +2, v]
 */
static int atoll_select(lua_State *L)
{
	static __thread unsigned turn;
	lua_Integer count;
	struct runtime_lua_wait_item *items;
	uint64_t deadline = runtime_lua_deadline_check(L, 2);

	luaL_checktype(L, 1, LUA_TTABLE);
	count = (lua_Integer)lua_rawlen(L, 1);
	luaL_argcheck(L, count >= 1 && count <= SELECT_MAX, 1,
		      "list of 1 to 4096 entries expected");
	lua_settop(L, 2);
	items = lua_newuserdatauv(L, (size_t)count * sizeof(*items), 1);
	/* The items hold none of these: the list may change meanwhile. */
	lua_createtable(L, (int)count, 0);
	for (lua_Integer i = 1; i <= count; i++) {
		items[i - 1] = select_item(L, i);
		lua_rawgeti(L, 1, i);
		lua_rawseti(L, -2, i);
	}
	lua_replace(L, 1);
	lua_pushinteger(L, turn++ % (unsigned)count);
	return select_on(L, LUA_OK, (lua_KContext)deadline);
}

static const luaL_Reg methods[] = {
	{"join", task_join}, {"cancel", task_cancel}, {"status", task_status}, {"__gc", task_gc},
	{NULL, NULL},
};

static const luaL_Reg functions[] = {
	{"spawn", runtime_lua_spawn}, {"sleep", atoll_sleep}, {"yield", atoll_yield},
	{"select", atoll_select},     {NULL, NULL},
};

void runtime_lua_tasks(lua_State *L)
{
	runtime_lua_tasks_stop();
	runtime_lua_class(L, TASK, methods);
	luaL_setfuncs(L, functions, 0);
}
