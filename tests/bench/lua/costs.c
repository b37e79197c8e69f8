/* SPDX-License-Identifier: MIT */
/* What Lua itself costs on this component's core: calls of C functions, a string pushed. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "ipc/channel.h"

static double costs_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int costs_call(lua_State *L)
{
	(void)L;
	return 0;
}

static int costs_integer(lua_State *L)
{
	lua_pushinteger(L, 1);
	return 1;
}

/* Each time another one, so that the collector has its part. */
static int costs_push(lua_State *L)
{
	static char text[64];

	text[0]++;
	lua_pushlstring(L, text, sizeof(text));
	return 1;
}

static int costs_now(lua_State *L)
{
	lua_pushnumber(L, costs_clock());
	return 1;
}

/* The time of a call less that of the loop around it. */
static const char costs_code[] = "local f, now = ...\n"
				 "local n, x = 300000\n"
				 "local t0 = now()\n"
				 "for i = 1, n do end\n"
				 "local t1 = now()\n"
				 "for i = 1, n do x = f(i) end\n"
				 "local t2 = now()\n"
				 "return (t2 - t1 - (t1 - t0)) / n";

static double costs_measure(lua_CFunction function)
{
	lua_State *L = luaL_newstate();
	double each;

	if (!L || luaL_loadstring(L, costs_code))
		abort();
	lua_pushcfunction(L, function);
	lua_pushcfunction(L, costs_now);
	lua_call(L, 2, 1);
	each = lua_tonumber(L, -1);
	lua_close(L);
	return each;
}

static lua_CFunction costs_function(const char *name)
{
	if (!strcmp(name, "call"))
		return costs_call;
	return !strcmp(name, "push") ? costs_push : costs_integer;
}

int main(int argc, char **argv)
{
	struct channel *ch =
		channel_open(argc > 1 && !strcmp(argv[1], "far") ? "costs_far" : "costs_near");
	char name[32];
	double ns;
	size_t len;

	while (channel_recv(ch, name, sizeof(name) - 1, &len, CHANNEL_FOREVER) == CHANNEL_OK) {
		name[len] = '\0';
		ns = costs_measure(costs_function(name));
		channel_send(ch, &ns, sizeof(ns), CHANNEL_FOREVER);
	}
	return 0;
}
