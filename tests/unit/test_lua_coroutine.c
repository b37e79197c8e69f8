/* SPDX-License-Identifier: MIT */
/* Unit test: coroutines that a task waits in are nobody else's to resume or close. */
#include "tests/unit/lua_pair.h"

static const char *const trials = "refused = 0\n"
				  "function try(co)\n"
				  "  local ok, why = coroutine.resume(co)\n"
				  "  assert(not ok and why:find('in which a task waits'), why)\n"
				  "  ok, why = pcall(coroutine.close, co)\n"
				  "  assert(not ok and why:find('in which a task waits'), why)\n"
				  "  refused = refused + 1\n"
				  "end\n"
				  "c = atoll.open 'one'\n";

static void test_the_coroutine_of_a_task_that_waits_is_left_alone(void **state)
{
	run(*state, trials);
	run(*state, "local co\n"
		    "local t = atoll.spawn(function() co = coroutine.running()\n"
		    "  return atoll.select({ c, c, c }, 0.02) end)\n"
		    "atoll.yield(); try(co)\n"
		    "atoll.spawn(function() try(co) end):join()\n"
		    "local none, word = t:join(); assert(word == 'timeout' and refused == 2)");
}

static void test_so_is_one_below_and_what_lies_between(void **state)
{
	run(*state, trials);
	run(*state,
	    "local inner, outer, again\n"
	    "local t = atoll.spawn(function()\n"
	    "  inner = coroutine.create(function()\n"
	    "    local none, word = atoll.select({ c, c }, 0.02)\n"
	    "    coroutine.yield(word); return 'end' end)\n"
	    "  outer = coroutine.wrap(function()\n"
	    "    again = coroutine.running()\n"
	    "    return select(2, coroutine.resume(inner)) end)\n"
	    "  return outer() end)\n"
	    "atoll.yield(); try(inner); try(again)\n"
	    "local ok, why = pcall(outer); assert(not ok and why:find 'a task waits', why)\n"
	    "collectgarbage()\n"
	    "assert(t:join() == 'timeout' and refused == 2)\n"
	    "local ok, word = coroutine.resume(inner); assert(ok and word == 'end')");
}

static void test_one_in_which_a_task_waits_that_cannot_yield_is_left_alone(void **state)
{
	run(*state, trials);
	run(*state, "local co\n"
		    "local t = atoll.spawn(function() local l = { 2, 1 }\n"
		    "  table.sort(l, function(a, b) co = coroutine.create(function()\n"
		    "    return atoll.select({ c, c }, 0.02) end)\n"
		    "    assert(coroutine.resume(co)); return a < b end)\n"
		    "  return 'sorted' end)\n"
		    "atoll.spawn(function() while not co do atoll.yield() end; try(co) end)\n"
		    "assert(t:join() == 'sorted' and refused == 1)");
}

static void test_a_coroutine_of_a_cancelled_task_is_free_to_be_closed(void **state)
{
	run(*state, trials);
	run(*state, "local closed, co = 0\n"
		    "local function count() closed = closed + 1 end\n"
		    "local t = atoll.spawn(function()\n"
		    "  co = coroutine.create(function()\n"
		    "    local x <close> = setmetatable({}, { __close = count })\n"
		    "    c:recv() end)\n"
		    "  local x <close> = setmetatable({}, { __close = function()\n"
		    "    assert(coroutine.close(co)); count() end })\n"
		    "  coroutine.resume(co) end)\n"
		    "atoll.yield(); try(co)\n"
		    "assert(t:cancel() and closed == 2 and coroutine.status(co) == 'dead')\n"
		    "t = atoll.spawn(function() co = coroutine.create(c.recv)\n"
		    "  coroutine.resume(co, c) end)\n"
		    "atoll.yield(); try(co)\n"
		    "assert(t:cancel() and coroutine.close(co))");
}

static void test_other_coroutines_close_as_ever(void **state)
{
	run(*state,
	    "local co = coroutine.create(function()\n"
	    "  local x <close> = setmetatable({}, { __close = function() error 'late' end })\n"
	    "  coroutine.yield() end)\n"
	    "coroutine.resume(co)\n"
	    "local ok, why = coroutine.close(co); assert(ok == false and why:find 'late')\n"
	    "assert(coroutine.close(coroutine.create(print)))\n"
	    "ok, why = pcall(coroutine.close, 5)\n"
	    "assert(not ok and why:find 'coroutine expected', why)\n"
	    "ok, why = pcall(coroutine.close, coroutine.running())\n"
	    "assert(not ok and why:find 'running', why)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_the_coroutine_of_a_task_that_waits_is_left_alone),
		LUA_TEST(test_so_is_one_below_and_what_lies_between),
		LUA_TEST(test_one_in_which_a_task_waits_that_cannot_yield_is_left_alone),
		LUA_TEST(test_a_coroutine_of_a_cancelled_task_is_free_to_be_closed),
		LUA_TEST(test_other_coroutines_close_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
