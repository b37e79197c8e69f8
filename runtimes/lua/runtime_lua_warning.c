/* SPDX-License-Identifier: MIT */
/*
 * Warnings: off until warn("@on"), as in the stand-alone lua.
 *
 * A warning is also all that Lua says of a finalizer that it could not call, for want of
 * memory or of stack. The object is freed all the same, while others still know of it: an
 * endpoint of its view, the registry of an endpoint. So the component ends.
 */
#include "runtimes/lua/runtime_lua_state.h"

#include <stdio.h>
#include <string.h>
#include <lua.h>

/* A warning comes in pieces. Each component has one thread that runs Lua. */
static __thread struct {
	bool on;
	bool more;     /* the piece before was not the last */
	unsigned same; /* pieces so far that are those below; behind them comes the error */
} warning;

static const char *const finalizer[] = {"error in ", "__gc", " ("};

#define FINALIZER_PIECES (sizeof(finalizer) / sizeof(*finalizer))

static void finalizer_lost(const char *why)
{
	char report[128];

	if (!runtime_lua_self.main)
		return; /* the state is being closed: all is freed only when all are called */
	if (runtime_lua_is_memory_error(why))
		runtime_lua_fail(NULL);
	if (strstr(why, "stack overflow") || !strcmp(why, "error in error handling")) {
		snprintf(report, sizeof(report), "a finalizer had no stack to run on: %s", why);
		runtime_lua_fail(report);
	}
}

static void finalizer_look(const char *piece)
{
	if (!warning.more)
		warning.same = 0;
	if (warning.same == FINALIZER_PIECES)
		finalizer_lost(piece);
	if (warning.same < FINALIZER_PIECES && !strcmp(piece, finalizer[warning.same]))
		warning.same++;
	else
		warning.same = FINALIZER_PIECES + 1;
}

static void warn(void *unused, const char *piece, int more)
{
	(void)unused;
	if (!warning.more && !more && *piece == '@') {
		if (!strcmp(piece, "@on"))
			warning.on = true;
		else if (!strcmp(piece, "@off"))
			warning.on = false;
		return;
	}
	finalizer_look(piece);
	if (warning.on)
		fprintf(stderr, "%s%s%s", warning.more ? "" : "Lua warning: ", piece,
			more ? "" : "\n");
	warning.more = more;
}

void runtime_lua_warnings(lua_State *L)
{
	warning.on = warning.more = false;
	lua_setwarnf(L, warn, NULL);
}
