/* SPDX-License-Identifier: MIT */
/*
 * Waiting without stopping the component: what a call that cannot proceed does.
 *
 * Such a call tries without waiting, says here what it waits for, and tries
 * again. Where its coroutine can yield, it yields to the scheduler, and goes on in
 * its continuation; where it cannot (in the script's main part, below a
 * comparison of table.sort), the scheduler runs the other tasks from there.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_WAIT_H
#define RUNTIMES_LUA_RUNTIME_LUA_WAIT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lua.h>

struct channel;
struct runtime_lua_task;

enum runtime_lua_wait_kind {
	RUNTIME_LUA_WAIT_MESSAGE, /* ch has one, or never will */
	RUNTIME_LUA_WAIT_ROOM,    /* ch has room for len bytes, or never will; or, if there is an
				     is_over, that, which a message changes */
	RUNTIME_LUA_WAIT_TASK,    /* task has ended */
	RUNTIME_LUA_WAIT_REPLY,   /* is_over(of), of a call through ch's mailbox; or, if len, a
				     message */
	RUNTIME_LUA_WAIT_OTHER, /* is_over(of), which another task's doing changes, or a message */
};

struct runtime_lua_wait_item {
	enum runtime_lua_wait_kind kind;
	struct channel *const *ch; /* a field of the endpoint, which may be closed meanwhile */
	struct runtime_lua_task *task;
	size_t len;
	bool (*is_over)(const void *of);
	const void *of;
};

/* Over when one item is, or the deadline is past, or, of one for ever, when we are to stop. */
struct runtime_lua_wait {
	uint64_t deadline;
	bool until_stop; /* over when we are to stop, whatever the deadline */
	unsigned count;
	struct runtime_lua_wait_item one;         /* the item, where count is 1 */
	const struct runtime_lua_wait_item *many; /* the items, where it is more */
};

static inline const struct runtime_lua_wait_item *
runtime_lua_wait_items(const struct runtime_lua_wait *w)
{
	return w->count > 1 ? w->many : &w->one;
}

/* Tasks that have not ended, of the component of this thread; the scheduler's. */
extern __thread unsigned runtime_lua_task_count;

/* Whether no task is there to run meanwhile: then a call may simply wait itself. */
static inline bool runtime_lua_alone(void)
{
	return !runtime_lua_task_count;
}

/* Whether a call that was answered CHANNEL_AGAIN is to say so; *stopping: because of that. */
bool runtime_lua_wait_over(uint64_t deadline, bool *stopping);

/* To be called by an is_over that has ended another's wait, lest all sleep over that. */
void runtime_lua_wait_changed(void);

/* Whether an item's wait is over; looks, and never waits. */
bool runtime_lua_item_over(const struct runtime_lua_wait_item *item);

/*
 * Wait. Returns only where it could not yield; else the function is left, and
 * k called when the wait may be over, with the stack as it is now. [-0, +0, e]
 */
void runtime_lua_wait(lua_State *L, const struct runtime_lua_wait *w, lua_KContext ctx,
		      lua_KFunction k);

/* The same, for one item; its context is the deadline. [-0, +0, e] */
void runtime_lua_wait_one(lua_State *L, const struct runtime_lua_wait_item *item, uint64_t deadline,
			  lua_KFunction k);

/* The same, for a message or room on a channel. [-0, +0, e] */
void runtime_lua_wait_for(lua_State *L, enum runtime_lua_wait_kind kind, struct channel *const *ch,
			  size_t len, uint64_t deadline, lua_KFunction k);

/*
 * To be called before something that may never have to wait, lest it starve the
 * other tasks: now and then they run here, as if it waited. [-0, +0, e]
 */
void runtime_lua_turn_take(lua_State *L, lua_KContext ctx, lua_KFunction k);

static inline void runtime_lua_turn(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
	if (!runtime_lua_alone())
		runtime_lua_turn_take(L, ctx, k);
}

/*
 * A coroutine that was resumed below a task has yielded to the scheduler, and
 * left that on top of L: take it off, and wait as it does. False: it has not,
 * and L is as it was. [-0|1, +0, e]
 */
bool runtime_lua_wait_below(lua_State *L, lua_State *co, int results, lua_KContext ctx,
			    lua_KFunction k);

/*
 * Of a coroutine, the number of the task for which it waits, or did when it was left
 * there; 0 as soon as it is resumed.
 */
static inline uint64_t *runtime_lua_waiter(lua_State *co)
{
	static_assert(LUA_EXTRASPACE >= sizeof(uint64_t), "room for a number");
	return lua_getextraspace(co);
}

/* Whether a task waits in this coroutine, what it waits with being on that one's stack. */
bool runtime_lua_waits_in(lua_State *co);

/* One more to sleep for. 0, or a negative errno for runtime_lua_sleep. */
int runtime_lua_sleep_add(const struct runtime_lua_wait *w);

/*
 * Sleep until a wait that was added may be over, unless adding them failed; none
 * is added any more then. 0, the error, or -EDEADLK where nothing would end it.
 */
int runtime_lua_sleep(int error);
void runtime_lua_sleep_end(void);

/* Put spawn, sleep, yield, select into the table on top. [-0, +0, m] */
void runtime_lua_tasks(lua_State *L);

/* Run what tasks there are until all have ended; errors nobody joins end the component. */
void runtime_lua_tasks_finish(lua_State *L);

/* There are no tasks: the state is new, or about to be closed. */
void runtime_lua_tasks_stop(void);

#endif
