/* SPDX-License-Identifier: MIT */
/*
 * Tasks: coroutines that the scheduler resumes. lua_task.c is what a script
 * sees of them, runtime_lua_scheduler.c says when which of them runs, and
 * runtime_lua_task_end.c who is told how it ended.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_TASK_H
#define RUNTIMES_LUA_RUNTIME_LUA_TASK_H

#include "runtimes/lua/runtime_lua_wait.h"

enum runtime_lua_task_state {
	RUNTIME_LUA_TASK_READY,
	RUNTIME_LUA_TASK_RUNNING, /* also while tasks run from within it */
	RUNTIME_LUA_TASK_WAITING,
	RUNTIME_LUA_TASK_ENDED,  /* its results are on its coroutine's stack */
	RUNTIME_LUA_TASK_FAILED, /* and so is its error */
};

/* A userdata, of which the registry holds one that has not ended. */
struct runtime_lua_task {
	struct runtime_lua_task *prev, *next; /* in a list, whose head is one of these; or NULL */
	lua_State *co;                        /* its user value */
	uint64_t number; /* from 1; no other task's, not even of one that is gone */
	enum runtime_lua_task_state state;
	int count;     /* values on co's stack: arguments at first, results at the end */
	bool unjoined; /* it has failed and nobody knows */
	char *report;  /* its error with a traceback; NULL before, and where memory was out */
	struct runtime_lua_wait wait;
};

/* atoll.spawn(f, ...) -> task. [-0, +1, v] */
int runtime_lua_spawn(lua_State *L);

/* Have a new task run; it is the userdata on top. [-0, +0, m] */
void runtime_lua_task_add(lua_State *L, struct runtime_lua_task *t);

/* The task that runs; NULL in the script's main part. */
struct runtime_lua_task *runtime_lua_task_current(void);

/* Run each of the others that can, once; a C function's last act. [-0, +0, e] */
int runtime_lua_yield(lua_State *L);

/* Close the variables of a task that will not go on. [-0, +0, m] */
void runtime_lua_task_close(struct runtime_lua_task *t);

/* Whether somebody waits for its end, and will be told. */
bool runtime_lua_task_is_joined(const struct runtime_lua_task *t);

/* It has returned so many results, or failed, as lua_resume says. [-0, +0, m] */
void runtime_lua_task_end(lua_State *L, struct runtime_lua_task *t, int status, int results);

/* Somebody was told how it ended. */
void runtime_lua_task_joined(struct runtime_lua_task *t);

/* It is collected. What has failed unknown to anybody then ends the component. */
void runtime_lua_task_forget(struct runtime_lua_task *t);

/* Neither ended nor running: it fails with "cancelled", its variables closed. [-0, +0, m] */
void runtime_lua_task_cancel(lua_State *L, struct runtime_lua_task *t);

/* End the component if a task that has failed was forgotten; last: or not joined. */
void runtime_lua_failures_check(bool last);

/* No task has failed. */
void runtime_lua_failures_forget(void);

/* What a wait is to join, or NULL. */
static inline struct runtime_lua_task *runtime_lua_wait_task(const struct runtime_lua_wait *w)
{
	return w->count == 1 && w->one.kind == RUNTIME_LUA_WAIT_TASK ? w->one.task : NULL;
}

static inline void runtime_lua_task_append(struct runtime_lua_task *list,
					   struct runtime_lua_task *t)
{
	t->next = list;
	t->prev = list->prev;
	t->prev->next = t;
	t->next->prev = t;
}

/* Off the list that it is on, if any. */
static inline void runtime_lua_task_take(struct runtime_lua_task *t)
{
	if (!t->prev || !t->next)
		return;
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->prev = t->next = NULL;
}

#endif
