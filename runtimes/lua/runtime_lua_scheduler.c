/* SPDX-License-Identifier: MIT */
/*
 * The scheduler of a component's tasks: round robin over a list, each task run
 * until it waits. It runs wherever something waits that cannot yield: in the
 * script's main part, mostly, and so on the component's one thread.
 */
#include "runtimes/lua/runtime_lua_task.h"

#include <errno.h>
#include <string.h>
#include <lauxlib.h>

#include "container/component.h"
#include "ipc/channel.h"
#include "ipc/monotonic.h"
#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_state.h"

/* Calls after which the other tasks get their turn, though there was no need to wait. */
#define TURN_CALLS 64

/* Each component has one thread that runs Lua, so this is its component's. */
static __thread struct {
	struct runtime_lua_task list;     /* its head: the tasks that have not ended */
	unsigned calls;                   /* to receive and send */
	uint64_t last;                    /* number of a task */
	struct runtime_lua_task *current; /* NULL in the script's main part */
	/* Of the innermost wait that could not yield, what it joins; only ever compared. */
	const struct runtime_lua_task *joined;
	bool changed; /* a wait that was looked at before may be over since */
} scheduler;

__thread unsigned runtime_lua_task_count;

/* What a coroutine yields to the scheduler: its address, and nobody else has that. */
static const char waits;

static bool past(uint64_t deadline)
{
	return deadline != CHANNEL_FOREVER &&
	       (deadline == CHANNEL_NOW || monotonic_now() >= deadline);
}

bool runtime_lua_wait_over(uint64_t deadline, bool *stopping)
{
	*stopping = deadline == CHANNEL_FOREVER && component_stopping();
	return *stopping || past(deadline);
}

bool runtime_lua_item_over(const struct runtime_lua_wait_item *item)
{
	const void *msg;
	void *room;
	size_t len;

	switch (item->kind) {
	case RUNTIME_LUA_WAIT_MESSAGE:
		return channel_peek(*item->ch, CHANNEL_NOW, &msg, &len) != CHANNEL_AGAIN;
	case RUNTIME_LUA_WAIT_ROOM:
		return channel_reserve(*item->ch, item->len, CHANNEL_NOW, &room) != CHANNEL_AGAIN ||
		       (item->is_over && item->is_over(item->of));
	case RUNTIME_LUA_WAIT_REPLY:
	case RUNTIME_LUA_WAIT_OTHER:
		return item->is_over(item->of);
	default:
		return item->task->state >= RUNTIME_LUA_TASK_ENDED;
	}
}

static bool wait_is_over(const struct runtime_lua_wait *w)
{
	const struct runtime_lua_wait_item *items = runtime_lua_wait_items(w);

	for (unsigned i = 0; i < w->count; i++)
		if (runtime_lua_item_over(&items[i]))
			return true;
	if ((w->until_stop || w->deadline == CHANNEL_FOREVER) && component_stopping())
		return true;
	return past(w->deadline);
}

void runtime_lua_wait_changed(void)
{
	scheduler.changed = true;
}

bool runtime_lua_task_is_joined(const struct runtime_lua_task *t)
{
	const struct runtime_lua_task *end = &scheduler.list;

	for (const struct runtime_lua_task *other = end->prev; other && other != end;
	     other = other->prev)
		if (other->state == RUNTIME_LUA_TASK_WAITING &&
		    runtime_lua_wait_task(&other->wait) == t)
			return true;
	return scheduler.joined == t;
}

void runtime_lua_task_add(lua_State *L, struct runtime_lua_task *t)
{
	t->number = *runtime_lua_waiter(t->co) = ++scheduler.last;
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, t);
	runtime_lua_task_append(&scheduler.list, t);
	runtime_lua_task_count++;
	runtime_lua_usual = NULL;
}

struct runtime_lua_task *runtime_lua_task_current(void)
{
	return scheduler.current;
}

/* That may wait, and so run other tasks, of which it is none meanwhile: it counts as running. */
void runtime_lua_task_close(struct runtime_lua_task *t)
{
	struct runtime_lua_task *before = scheduler.current;

	t->state = RUNTIME_LUA_TASK_RUNNING;
	t->number = ++scheduler.last; /* what it waited for before, it waits for no more */
	scheduler.current = t;
	lua_resetthread(t->co);
	scheduler.current = before;
}

/* [-0, +0, m] */
static void task_run(lua_State *L, struct runtime_lua_task *t)
{
	struct runtime_lua_task *before = scheduler.current;
	lua_State *runner = runtime_lua_self.running;
	int status, results;

	scheduler.current = t;
	t->state = RUNTIME_LUA_TASK_RUNNING;
	runtime_lua_self.running = t->co;
	status = lua_resume(t->co, L, t->count, &results);
	runtime_lua_self.running = runner;
	scheduler.current = before;
	if (runtime_lua_self.stop_due && runner)
		runtime_lua_stop_arm(runner);
	if (status != LUA_YIELD) {
		runtime_lua_task_end(L, t, status, results);
		return;
	}
	/* What it yields itself goes nowhere: it lets the others run. */
	t->count = 0;
	t->state = lua_touserdata(t->co, -1) == &waits ? RUNTIME_LUA_TASK_WAITING
						       : RUNTIME_LUA_TASK_READY;
	lua_pop(t->co, results);
}

/* Every task that can run, once; whether one did. [-0, +0, m] */
static bool tasks_run(lua_State *L)
{
	bool ran = false;

	scheduler.changed = false;
	for (unsigned n = runtime_lua_task_count; n && runtime_lua_task_count; n--) {
		struct runtime_lua_task *t = scheduler.list.next;

		/* Whatever it does to the list, the next to run is at its head. */
		runtime_lua_task_take(t);
		runtime_lua_task_append(&scheduler.list, t);
		if (t->state == RUNTIME_LUA_TASK_WAITING && wait_is_over(&t->wait))
			t->state = RUNTIME_LUA_TASK_READY;
		if (t->state != RUNTIME_LUA_TASK_READY)
			continue;
		task_run(L, t);
		ran = true;
	}
	runtime_lua_failures_check(false);
	return ran;
}

/*
 * Nothing can run: sleep until something may. Each sleep says anew what all of
 * them wait for; how the component sleeps is runtime_lua_sleep.c's. [-0, +0, v]
 */
static void task_park(lua_State *L, const struct runtime_lua_wait *own)
{
	int error;

	if (scheduler.changed)
		return;
	error = runtime_lua_sleep_add(own);
	for (struct runtime_lua_task *t = scheduler.list.next; t != &scheduler.list; t = t->next)
		if (!error && t->state == RUNTIME_LUA_TASK_WAITING)
			error = runtime_lua_sleep_add(&t->wait);
	error = runtime_lua_sleep(error);
	if (error)
		scheduler.joined = NULL;
	if (error == -EDEADLK)
		luaL_error(L, "deadlock: every task waits for another");
	if (error)
		luaL_error(L, "no set of channels to wait for: %s", strerror(-error));
}

/* Run the others until what is waited for has come. [-0, +0, v] */
static void wait_here(lua_State *L, const struct runtime_lua_wait *w)
{
	const struct runtime_lua_task *before = scheduler.joined;

	while (!wait_is_over(w)) {
		scheduler.joined = runtime_lua_wait_task(w);
		if (!tasks_run(L) && !wait_is_over(w))
			task_park(L, w);
	}
	scheduler.joined = before;
}

void runtime_lua_wait(lua_State *L, const struct runtime_lua_wait *w, lua_KContext ctx,
		      lua_KFunction k)
{
	if (!scheduler.current || !lua_isyieldable(L)) {
		wait_here(L, w);
		return;
	}
	scheduler.current->wait = *w;
	lua_pushlightuserdata(L, (void *)&waits);
	lua_yieldk(L, 1, ctx, k);
}

void runtime_lua_wait_one(lua_State *L, const struct runtime_lua_wait_item *item, uint64_t deadline,
			  lua_KFunction k)
{
	const struct runtime_lua_wait w = {.deadline = deadline, .count = 1, .one = *item};

	runtime_lua_wait(L, &w, (lua_KContext)deadline, k);
}

void runtime_lua_wait_for(lua_State *L, enum runtime_lua_wait_kind kind, struct channel *const *ch,
			  size_t len, uint64_t deadline, lua_KFunction k)
{
	const struct runtime_lua_wait_item item = {.kind = kind, .ch = ch, .len = len};

	runtime_lua_wait_one(L, &item, deadline, k);
}

/* The others' turn, though there is no need to wait; k goes on in a task. [-0, +0, e] */
static void turn_give(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
	const struct runtime_lua_wait w = {.deadline = CHANNEL_NOW};

	if (scheduler.current && lua_isyieldable(L))
		runtime_lua_wait(L, &w, ctx, k);
	tasks_run(L);
}

static int yield_on(lua_State *L, int status, lua_KContext context)
{
	(void)L, (void)status, (void)context;
	return 0;
}

int runtime_lua_yield(lua_State *L)
{
	turn_give(L, 0, yield_on);
	return 0;
}

void runtime_lua_turn_take(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
	if (++scheduler.calls % TURN_CALLS == 0)
		turn_give(L, ctx, k);
}

bool runtime_lua_wait_below(lua_State *L, lua_State *co, int results, lua_KContext ctx,
			    lua_KFunction k)
{
	struct runtime_lua_wait w;

	if (results != 1 || lua_touserdata(L, -1) != &waits || lua_status(co) != LUA_YIELD)
		return false;
	lua_pop(L, 1);
	w = scheduler.current->wait;
	*runtime_lua_waiter(co) = scheduler.current->number;
	runtime_lua_wait(L, &w, ctx, k);
	return true;
}

bool runtime_lua_waits_in(lua_State *co)
{
	uint64_t number = *runtime_lua_waiter(co);
	const struct runtime_lua_task *t = scheduler.list.next;

	if (!number || lua_status(co) != LUA_YIELD)
		return false;
	while (t != &scheduler.list && t->number != number)
		t = t->next;
	return t != &scheduler.list;
}

void runtime_lua_tasks_finish(lua_State *L)
{
	struct runtime_lua_wait w = {.deadline = CHANNEL_FOREVER};

	while (runtime_lua_task_count)
		if (!tasks_run(L) && runtime_lua_task_count)
			task_park(L, &w);
	runtime_lua_failures_check(true);
}

void runtime_lua_tasks_stop(void)
{
	scheduler.list.next = scheduler.list.prev = &scheduler.list;
	runtime_lua_task_count = 0;
	runtime_lua_usual = NULL;
	scheduler.current = NULL;
	scheduler.joined = NULL;
	runtime_lua_failures_forget();
	runtime_lua_sleep_end();
}
