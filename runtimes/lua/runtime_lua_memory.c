/* SPDX-License-Identifier: MIT */
/*
 * The memory of a Lua state. Lua calls no message handler when memory is out,
 * so where it was is noted when it happens, with what needs no memory itself.
 */
#include "runtimes/lua/runtime_lua_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>
#include <lua.h>

#include "runtimes/lua/runtime_lua_wait.h"

#define LEVELS_MAX 22 /* as many as a traceback by Lua shows */

__thread struct runtime_lua_state runtime_lua_self;

/* Text that grows to the end of its buffer and not further. */
struct text {
	char *bytes;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *t, const char *format, ...)
{
	size_t room = RUNTIME_LUA_TRACE_SIZE - t->used;
	va_list args;
	int count;

	va_start(args, format);
	count = vsnprintf(t->bytes + t->used, room, format, args);
	va_end(args);
	if (count > 0)
		t->used += (size_t)count < room ? (size_t)count : room - 1;
}

/* One line, in the words of luaL_traceback. */
static void level_add(struct text *t, const lua_Debug *ar)
{
	text_add(t, "\n\t%s:", ar->short_src);
	if (ar->currentline > 0)
		text_add(t, "%d:", ar->currentline);
	text_add(t, " in ");
	if (*ar->namewhat)
		text_add(t, "%s '%s'", ar->namewhat, ar->name);
	else if (*ar->what == 'm')
		text_add(t, "main chunk");
	else if (*ar->what == 'C')
		text_add(t, "?");
	else
		text_add(t, "function <%s:%d>", ar->short_src, ar->linedefined);
}

static void trace_note(void)
{
	struct text t = {NULL, 0};
	lua_State *L = runtime_lua_self.running;
	lua_Debug ar;

	if (!runtime_lua_self.traces || !L)
		return;
	t.bytes = runtime_lua_self.traces[runtime_lua_self.trace];
	text_add(&t, "stack traceback:");
	for (int level = 0; level < LEVELS_MAX && lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sln", &ar);
		level_add(&t, &ar);
	}
}

/* jemalloc's; not there in a build that does without it. */
extern void sdallocx(void *block, size_t size, int flags) __attribute__((weak));

/* An allocator that is told the size need not look it up. */
static void block_free(void *block, size_t size)
{
	if (sdallocx)
		sdallocx(block, size, 0);
	else
		free(block);
}

/*
 * A lua_Alloc. Lua itself asks again for what it was refused, when it has
 * collected all garbage, and its libraries do not. So every refusal is noted,
 * and the note given up for the one before when the same request succeeds.
 */
static void *memory_resize(void *unused, void *block, size_t old_size, size_t size)
{
	struct runtime_lua_state *s = &runtime_lua_self;
	bool again = size && block == s->refused_block && size == s->refused_size;
	void *moved;

	(void)unused;
	if (!size) {
		/* For no block the old size is the kind of a new object. */
		if (block)
			block_free(block, old_size);
		return NULL;
	}
	moved = block ? realloc(block, size) : malloc(size);
	if (moved && !again)
		return moved;
	if (moved || !again)
		s->trace = !s->trace;
	if (!moved)
		trace_note();
	s->refused_block = block;
	s->refused_size = again ? 0 : size;
	return moved;
}

const char *runtime_lua_trace(void)
{
	const struct runtime_lua_state *s = &runtime_lua_self;

	return s->traces ? s->traces[s->trace] : "";
}

bool runtime_lua_is_memory_error(const char *message)
{
	return message && !strcmp(message, "not enough memory");
}

lua_State *runtime_lua_open(void)
{
	lua_State *L = luaL_newstate();

	if (!L)
		return NULL;
	runtime_lua_self = (struct runtime_lua_state){
		.main = L,
		.running = L,
		.traces = calloc(2, RUNTIME_LUA_TRACE_SIZE),
	};
	runtime_lua_tasks_stop();
	runtime_lua_warnings(L);
	lua_setallocf(L, memory_resize, NULL);
	return L;
}

void runtime_lua_close(void *L)
{
	void *traces = runtime_lua_self.traces;

	/* From here on there is nothing to stop, and no error that anyone will report. */
	runtime_lua_self = (struct runtime_lua_state){.main = NULL};
	runtime_lua_tasks_stop();
	lua_close(L);
	free(traces);
}
