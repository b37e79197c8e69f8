/* SPDX-License-Identifier: MIT */
/* Unit test of tasks in Lua: how they end, results and errors, join and cancel. */
#include "tests/unit/lua_pair.h"

static void test_a_task_runs_and_its_results_are_joined(void **state)
{
	run(*state,
	    "local t = atoll.spawn(function(...) return select('#', ...), ... end, 1, nil, 'x')\n"
	    "assert(t:status() == 'ready')\n"
	    "local n, a, b, c = t:join(); assert(n == 3 and a == 1 and b == nil and c == 'x')\n"
	    "assert(t:status() == 'ended' and select('#', t:join()) == 4)");
}

static void test_an_error_goes_to_whoever_joins(void **state)
{
	run(*state, "local t = atoll.spawn(function() atoll.sleep(0.001); error { code = 5 } end)\n"
		    "local none, err = t:join(); assert(none == nil and err.code == 5 and "
		    "t:status() == 'failed')\n"
		    "t = atoll.spawn(error, 'plain'); atoll.sleep(0.001)\n"
		    "none, err = t:join(); assert(none == nil and err == 'plain')");
}

static void assert_fails(struct fixture *f, const char *script)
{
	exit_expected = true;
	if (setjmp(fixture_end)) {
		exit_expected = false;
		return;
	}
	run(f, script);
	fail_msg("the component goes on");
}

static void test_an_error_that_nobody_can_join_ends_the_component(void **state)
{
	assert_fails(
		*state,
		"atoll.spawn(function() atoll.sleep(0.001); error 'alone' end); atoll.sleep(9)");
}

static void test_an_error_that_nobody_has_joined_ends_the_component_with_the_script(void **state)
{
	assert_fails(*state, "keep = atoll.spawn(error, 'kept')");
}

/* Each script says "on" if its component goes on for long after the error. */
static void assert_fails_at_once(struct fixture *f, const char *script)
{
	assert_fails(f, script);
	assert_int_equal(peer_look(f->one.b), CHANNEL_AGAIN);
}

static void test_an_error_whose_joiner_was_cancelled_before_ends_the_component(void **state)
{
	assert_fails_at_once(
		*state, "ch = atoll.open 'one'\n"
			"local j = atoll.spawn(function(t) t:join() end, atoll.spawn(function()\n"
			"  atoll.sleep(0.01); error 'alone' end))\n"
			"atoll.yield(); assert(j:status() == 'waiting' and j:cancel())\n"
			"atoll.sleep(0.1); ch:send('on')");
}

static void test_an_error_whose_joiner_is_cancelled_then_ends_the_component(void **state)
{
	assert_fails_at_once(
		*state,
		"ch = atoll.open 'one'; local j\n"
		"atoll.spawn(function()\n"
		"  local t = atoll.spawn(function() atoll.yield(); j:cancel(); error 'alone' end)\n"
		"  j = atoll.spawn(function(t) t:join() end, t)\n"
		"end)\n"
		"atoll.sleep(0.1); ch:send('on')");
}

/* The task has failed, and its joiner has not run yet. */
static void test_an_error_whose_joiner_is_cancelled_late_ends_the_component(void **state)
{
	assert_fails_at_once(*state, "ch = atoll.open 'one'; local j, go\n"
				     "atoll.spawn(function()\n"
				     "  local t = atoll.spawn(function() while not go do "
				     "atoll.yield() end error 'alone' end)\n"
				     "  atoll.spawn(function() atoll.yield(); go = true; "
				     "atoll.yield(); j:cancel() end)\n"
				     "  j = atoll.spawn(function(t) t:join() end, t)\n"
				     "end)\n"
				     "atoll.sleep(0.1); ch:send('on')");
}

static void test_the_script_goes_on_until_its_tasks_have_ended(void **state)
{
	run(*state, "atoll.spawn(function() atoll.sleep(0.01); done = true end)");
	run(*state, "assert(done)");
}

static void test_a_join_has_a_timeout(void **state)
{
	run(*state, "local t = atoll.spawn(atoll.sleep, 5)\n"
		    "local none, why = t:join(0.001); assert(none == nil and why == 'timeout')\n"
		    "assert(t:cancel() and not t:cancel()); none, why = t:join()\n"
		    "assert(none == nil and why == 'cancelled')");
}

static void test_a_cancelled_task_closes_its_variables(void **state)
{
	struct fixture *f = *state;

	run(f, "local t = atoll.spawn(function() local c <close> = atoll.open 'one'; keep = c; "
	       "c:recv() end)\n"
	       "atoll.sleep(0.001); t:cancel()");
	assert_int_equal(peer_look(f->one.b), CHANNEL_CLOSED);
}

static void test_tasks_that_wait_for_each_other_are_a_deadlock(void **state)
{
	run(*state,
	    "local a, b\n"
	    "a = atoll.spawn(function() b:join() end); b = atoll.spawn(function() a:join() end)\n"
	    "local ok, why = pcall(a.join, a); assert(not ok and why:find('deadlock', 1, true), "
	    "why)\n"
	    "a:cancel(); b:cancel()");
}

static void test_thousands_of_tasks_leave_nothing_behind(void **state)
{
	run(*state,
	    "local function f() atoll.yield() return 1 end\n"
	    "for i = 1, 100 do local ts = {}\n"
	    "  for j = 1, 50 do ts[j] = atoll.spawn(f) end\n"
	    "  for j = 1, 50 do ts[j]:join() end end\n"
	    "collectgarbage(); collectgarbage(); before = collectgarbage 'count'\n"
	    "for i = 1, 100 do local ts = {}\n"
	    "  for j = 1, 50 do ts[j] = atoll.spawn(f) end\n"
	    "  for j = 1, 50 do ts[j]:join() end end\n"
	    "collectgarbage(); collectgarbage()\n"
	    "assert(collectgarbage 'count' < before + 64, collectgarbage 'count' - before)");
}

/* Its own wait is over meanwhile: it must not go on while its variables are closed. */
static void test_a_task_that_is_cancelled_does_not_run_while_it_is_closed(void **state)
{
	run(*state,
	    "local log = {}\n"
	    "local t = atoll.spawn(function()\n"
	    "	local x <close> = setmetatable({}, {__close = function()\n"
	    "		log[#log + 1] = 'closing'; atoll.sleep(0.05); log[#log + 1] = 'closed'\n"
	    "	end})\n"
	    "	atoll.sleep(0.02); log[#log + 1] = 'went on'\n"
	    "end)\n"
	    "atoll.yield(); assert(t:cancel())\n"
	    "assert(table.concat(log, ' ') == 'closing closed', table.concat(log, ' '))\n"
	    "local ok, why = t:join(); assert(ok == nil and why == 'cancelled', why)");
}

static void test_a_task_that_is_being_closed_cannot_be_cancelled_or_join_itself(void **state)
{
	run(*state, "local t, again, joined\n"
		    "t = atoll.spawn(function()\n"
		    "	local x <close> = setmetatable({}, {__close = function()\n"
		    "		again = select(2, pcall(t.cancel, t))\n"
		    "		joined = select(2, pcall(t.join, t))\n"
		    "	end})\n"
		    "	atoll.sleep(9)\n"
		    "end)\n"
		    "atoll.yield(); assert(t:cancel())\n"
		    "assert(again:find('cannot be cancelled'), again)\n"
		    "assert(joined:find('cannot join itself'), joined)");
}

static void test_who_joins_a_task_that_fails_waits_until_it_is_closed(void **state)
{
	run(*state, "local closed\n"
		    "local t = atoll.spawn(function()\n"
		    "	local x <close> = setmetatable({}, {__close = function()\n"
		    "		atoll.sleep(0.02); closed = true\n"
		    "	end})\n"
		    "	error('wanted', 0)\n"
		    "end)\n"
		    "local why\n"
		    "atoll.spawn(function() why = select(2, t:join()); assert(closed) end):join()\n"
		    "assert(why == 'wanted', why)");
}

/* The one runs the other, where it cannot yield; that is not joining oneself. */
static void test_a_task_joins_the_one_within_which_it_runs(void **state)
{
	run(*state, "local order = {}\n"
		    "local t = atoll.spawn(function()\n"
		    "	table.sort({1, 2}, function(a, b) atoll.sleep(0.02); return a < b end)\n"
		    "	order[#order + 1] = 'sorted'; return 'done'\n"
		    "end)\n"
		    "atoll.spawn(function() local r = t:join(); order[#order + 1] = r end):join()\n"
		    "assert(table.concat(order, ' ') == 'sorted done', table.concat(order, ' '))");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LUA_TEST(test_a_task_runs_and_its_results_are_joined),
		LUA_TEST(test_an_error_goes_to_whoever_joins),
		LUA_TEST(test_an_error_that_nobody_can_join_ends_the_component),
		LUA_TEST(test_an_error_that_nobody_has_joined_ends_the_component_with_the_script),
		LUA_TEST(test_an_error_whose_joiner_was_cancelled_before_ends_the_component),
		LUA_TEST(test_an_error_whose_joiner_is_cancelled_then_ends_the_component),
		LUA_TEST(test_an_error_whose_joiner_is_cancelled_late_ends_the_component),
		LUA_TEST(test_the_script_goes_on_until_its_tasks_have_ended),
		LUA_TEST(test_a_join_has_a_timeout),
		LUA_TEST(test_a_cancelled_task_closes_its_variables),
		LUA_TEST(test_tasks_that_wait_for_each_other_are_a_deadlock),
		LUA_TEST(test_thousands_of_tasks_leave_nothing_behind),
		LUA_TEST(test_a_task_that_is_cancelled_does_not_run_while_it_is_closed),
		LUA_TEST(test_a_task_that_is_being_closed_cannot_be_cancelled_or_join_itself),
		LUA_TEST(test_who_joins_a_task_that_fails_waits_until_it_is_closed),
		LUA_TEST(test_a_task_joins_the_one_within_which_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
