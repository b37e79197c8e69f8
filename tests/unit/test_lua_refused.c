/* SPDX-License-Identifier: MIT */
/*
 * Unit test: memory that runs out at any allocation of a script that uses an endpoint or
 * tasks. Whatever the script was told, nothing is lost that it had not got, and all works
 * again as soon as there is memory.
 */
#include "tests/unit/lua_pair.h"

#include <stdio.h>

#define ALLOCATIONS 4000 /* more than any of the scripts needs */
#define LONG ".................................................." /* no short string */

static struct {
	lua_Alloc alloc;
	void *ud;
	long left;  /* allocations that succeed; negative: all */
	bool heals; /* one is refused, with what Lua tries again, and no more */
	unsigned refused;
} memory;

static void *memory_alloc(void *ud, void *block, size_t before, size_t size)
{
	(void)ud;
	if (memory.left >= 0 && size && (!block || size > before)) {
		if (!memory.left) {
			memory.refused++;
			if (!memory.heals || memory.refused <= 2)
				return NULL;
		} else {
			memory.left--;
		}
	}
	return memory.alloc(memory.ud, block, before, size);
}

/* The body, in which the nth allocation is refused; then what is behind it, with memory. */
static void attempt(struct fixture *f, long nth)
{
	int error;

	memory.left = nth;
	error = lua_pcall(f->L, 0, 0, 0);
	memory.left = -1;
	if (error && !strstr(lua_tostring(f->L, -1), "not enough memory") &&
	    !strstr(lua_tostring(f->L, -1), "stack overflow ("))
		fail_msg("allocation %ld: %s", nth, lua_tostring(f->L, -1));
	lua_settop(f->L, 1);
	lua_gc(f->L, LUA_GCCOLLECT);
	if (lua_pcall(f->L, 0, 0, 0))
		fail_msg("allocation %ld, behind: %s", nth, lua_tostring(f->L, -1));
	run(f, "");
}

/* The component may also end, as it does at its own discretion: then that is all. */
static void attempt_or_end(struct fixture *f, long nth)
{
	exit_expected = true;
	if (!setjmp(fixture_end))
		attempt(f, nth);
	exit_expected = false;
}

static bool refuse(long nth, const char *before, const char *body, const char *after, bool heals)
{
	void *state = NULL;
	struct fixture *f;

	if (fixture_setup(&state)) {
		fail();
		return false;
	}
	f = state;
	peer_send(f->one.b, "first" LONG);
	peer_send(f->one.b, "second" LONG);
	peer_send(f->one.b, "third" LONG);
	if (luaL_dostring(f->L, before))
		fail_msg("%s", lua_tostring(f->L, -1));
	memory.alloc = lua_getallocf(f->L, &memory.ud);
	memory.left = -1;
	memory.heals = heals;
	memory.refused = 0;
	lua_setallocf(f->L, memory_alloc, NULL);
	runtime_lua_self.main = f->L;
	runtime_lua_warnings(f->L);
	if (luaL_loadstring(f->L, after) || luaL_loadstring(f->L, body))
		fail_msg("%s", lua_tostring(f->L, -1));
	attempt_or_end(f, nth);
	memory.left = -1;
	runtime_lua_self.main = NULL;
	fixture_teardown(&state);
	return memory.refused;
}

/* Once with every allocation being the one that is refused first. */
static void each_refused(const char *before, const char *body, const char *after, bool heals)
{
	long n = 0;

	while (n < ALLOCATIONS && refuse(n, before, body, after, heals))
		n++;
	assert_in_range(n, 1, ALLOCATIONS - 1);
}

static void twice(const char *before, const char *body, const char *after)
{
	each_refused(before, body, after, false);
	each_refused(before, body, after, true);
}

/* got(m) needs no memory any more: what fails is what comes before. */
#define BEFORE                                                                                     \
	"c = atoll.open 'one'; long, n = ('.'):rep(50), 0\n"                                       \
	"words = { 'first' .. long, 'second' .. long, 'third' .. long }\n"                         \
	"function got(m) assert(m == words[n + 1], m); n = n + 1 end\n"                            \
	"for i = 1, 3 do got(words[i]) end; n = 0"

/* Each of the three has come, or comes now. */
#define ALL_THREE                                                                                  \
	"while n < 3 do local m, why = c:recv(0); assert(m, why); got(m) end\n"                    \
	"assert(c:recv(0) == nil and c:send 'bye')"

#define STILL_WORKS                                                                                \
	"c = atoll.open 'one'; while c:recv(0) do end; assert(c:send 'bye')\n"                     \
	"assert(atoll.spawn(function() return 5 end):join() == 5)\n"                               \
	"c:close(); atoll.open 'two':close()"

static void test_no_string_is_lost(void **state)
{
	(void)state;
	twice(BEFORE, "for i = 1, 3 do m = c:recv(0); n = n + 1 end", ALL_THREE);
	twice(BEFORE, "for m in c:messages() do n = n + 1; if n == 3 then break end end",
	      ALL_THREE);
	twice(BEFORE, "for i = 1, 3 do local v = c:view(0); n = n + 1; v:close() end",
	      "while n < 2 do local m, why = c:recv(0); assert(m, why); got(m) end");
}

static void test_an_endpoint_is_opened_and_closed_again(void **state)
{
	(void)state;
	twice("", "local c <close> = assert(atoll.open 'one'); c:recv(0)",
	      "assert(atoll.open 'one')");
	twice("", "for i = 1, 20 do atoll.open 'one':view(0); collectgarbage() end",
	      "assert(atoll.open 'one')");
}

static void test_values_are_sent_whole_or_not(void **state)
{
	(void)state;
	twice(BEFORE,
	      "c:send_value { 1, 2, { a = ('x'):rep(2000) } }; c:send_value 'x'; c:send_value(5)",
	      ALL_THREE);
	twice(BEFORE, "atoll.decode(atoll.encode { 1, { a = ('x'):rep(2000) }, 3.5, true })",
	      ALL_THREE);
}

static void test_tasks_end(void **state)
{
	(void)state;
	twice(BEFORE, "local t = atoll.spawn(function() return c:recv(0) end); t:join()",
	      STILL_WORKS);
	twice(BEFORE,
	      "local t = atoll.spawn(function()\n"
	      "  for i = 1, 3 do c:recv(); atoll.yield() end end)\n"
	      "local u = atoll.spawn(function() local x <close> = setmetatable({},\n"
	      "  { __close = function() atoll.sleep(0.0001) end }); atoll.sleep(0.0001) end)\n"
	      "atoll.select({ t, u, c }, 0.001); t:join(); u:join()",
	      STILL_WORKS);
	twice(BEFORE,
	      "local t = atoll.spawn(function() for i = 1, 4 do c:recv() end end)\n"
	      "atoll.yield(); t:cancel(); t:join()",
	      STILL_WORKS);
	twice(BEFORE,
	      "local next = coroutine.wrap(function()\n"
	      "  while true do coroutine.yield(c:recv()) end end)\n"
	      "atoll.spawn(function() for i = 1, 3 do next() end end):join()",
	      STILL_WORKS);
	twice(BEFORE,
	      "atoll.spawn(function() error 'x' end):join()\n"
	      "local t = atoll.spawn(error, {}); t:join(); t = nil; atoll.yield()",
	      STILL_WORKS);
}

static void test_calls_end(void **state)
{
	(void)state;
	twice("d = atoll.open 'two'",
	      "local t = atoll.spawn(function() d:call(('x'):rep(100), 0.0001) end)\n"
	      "local u = atoll.spawn(function() d:call_value({ 1, 2 }, 0.0001) end)\n"
	      "t:join(); u:join(); d:call('x', 0)",
	      STILL_WORKS);
	twice("d = atoll.open 'two'",
	      "atoll.spawn(function() d:serve(function(x) return x end, 3) end)\n"
	      "atoll.yield(); d:close(); atoll.yield()",
	      STILL_WORKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_string_is_lost),
		cmocka_unit_test(test_an_endpoint_is_opened_and_closed_again),
		cmocka_unit_test(test_values_are_sent_whole_or_not),
		cmocka_unit_test(test_tasks_end),
		cmocka_unit_test(test_calls_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
