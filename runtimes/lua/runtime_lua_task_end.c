/* SPDX-License-Identifier: MIT */
/*
 * How a task ends, and who is told. An error goes to whoever joins the task; one that
 * nobody can join any more ends the component, with the report that was made of it.
 */
#include "runtimes/lua/runtime_lua_task.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_state.h"

/* Each component has one thread that runs Lua, so this is its component's. */
static __thread struct {
	struct runtime_lua_task failed; /* a list's head: those that nobody has joined */
	bool orphaned;                  /* of these one was collected, */
	char *orphan;                   /* with this report; NULL where memory was out */
} ends;

/* task, its error: what will be said of that if nobody joins. [-0, +0, m] */
static int report_make(lua_State *L)
{
	struct runtime_lua_task *t = lua_touserdata(L, 1);
	const char *message = lua_tostring(L, 2);

	if (runtime_lua_is_memory_error(message))
		return 0;
	if (!message)
		message = lua_pushfstring(L, "error object is a %s value", luaL_typename(L, 2));
	luaL_traceback(L, t->co, message, 0);
	t->report = strdup(lua_tostring(L, -1));
	return 0;
}

/* Where memory is out, it is that: whoever runs the tasks must not be thrown out of here. */
static void task_report(lua_State *L, struct runtime_lua_task *t)
{
	if (!lua_checkstack(L, 3) || !lua_checkstack(t->co, 1))
		return;
	lua_pushcfunction(L, report_make);
	lua_pushlightuserdata(L, t);
	lua_pushvalue(t->co, -1);
	lua_xmove(t->co, L, 1);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK)
		lua_pop(L, 1);
}

/* Its variables are closed before anybody sees that it has failed. [-0, +0, m] */
static void task_fail(struct runtime_lua_task *t)
{
	runtime_lua_task_close(t);
	t->state = RUNTIME_LUA_TASK_FAILED;
	t->count = 1;
}

/* Off the scheduler's list, and in nobody's hands but the script's. [-0, +0, m] */
static void task_leave(lua_State *L, struct runtime_lua_task *t)
{
	runtime_lua_task_take(t);
	runtime_lua_task_count--;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, t);
}

/*
 * Who could still join what failed is known only once all garbage is gone; failures are
 * rare.
 */
void runtime_lua_task_end(lua_State *L, struct runtime_lua_task *t, int status, int results)
{
	if (status == LUA_OK) {
		t->count = results;
		t->state = RUNTIME_LUA_TASK_ENDED;
		task_leave(L, t);
		return;
	}
	task_report(L, t);
	task_fail(t);
	task_leave(L, t);
	runtime_lua_task_append(&ends.failed, t);
	t->unjoined = true;
	if (runtime_lua_task_is_joined(t))
		return;
	lua_gc(L, LUA_GCCOLLECT);
	runtime_lua_failures_check(false);
}

void runtime_lua_task_joined(struct runtime_lua_task *t)
{
	if (!t->unjoined)
		return;
	runtime_lua_task_take(t);
	t->unjoined = false;
}

void runtime_lua_task_forget(struct runtime_lua_task *t)
{
	if (t->unjoined) {
		/* Its report is kept for whoever runs next: this is the collector. */
		ends.orphaned = true;
		ends.orphan = t->report;
		t->report = NULL;
	} else if (t->next) {
		runtime_lua_task_count--;
	}
	runtime_lua_task_take(t);
	free(t->report);
	t->report = NULL;
}

void runtime_lua_task_cancel(lua_State *L, struct runtime_lua_task *t)
{
	const struct runtime_lua_task *joined =
		t->state == RUNTIME_LUA_TASK_WAITING ? runtime_lua_wait_task(&t->wait) : NULL;
	/* It would have been told, and now perhaps nobody is: who runs next looks. */
	bool untold = joined && joined->unjoined;

	task_leave(L, t);
	task_fail(t);
	lua_settop(t->co, 0);
	lua_pushliteral(t->co, "cancelled");
	if (untold)
		lua_gc(L, LUA_GCCOLLECT);
}

void runtime_lua_failures_check(bool last)
{
	if (last && ends.failed.next != &ends.failed)
		runtime_lua_fail(ends.failed.next->report);
	if (ends.orphaned)
		runtime_lua_fail(ends.orphan);
}

void runtime_lua_failures_forget(void)
{
	ends.failed.next = ends.failed.prev = &ends.failed;
	ends.orphaned = false;
	free(ends.orphan);
	ends.orphan = NULL;
}
