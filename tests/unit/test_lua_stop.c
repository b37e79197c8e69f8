/* SPDX-License-Identifier: MIT */
/*
 * Unit test of a Lua component that is asked to stop: the request comes from a
 * signal handler, in the middle of whatever the script does.
 */
#include "tests/unit/lua_script.h"

#include <sys/time.h>

#define DELAY_US 20000

static void asked(int number)
{
	(void)number;
	script_stopping = 1;
	runtime_lua.stop();
}

/* The status of a script that is asked to stop a little later. */
static int run_stopped(const char *code)
{
	const struct itimerval later = {.it_value = {.tv_usec = DELAY_US}},
			       never = {.it_value = {0}};
	int status;

	script_stopping = 0;
	signal(SIGALRM, asked);
	setitimer(ITIMER_REAL, &later, NULL);
	status = run(code);
	setitimer(ITIMER_REAL, &never, NULL);
	script_stopping = 0;
	return status;
}

static void test_the_function_runs_in_the_middle_of_a_loop(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("require 'atoll'.on_stop(function() os.exit(7) end)\n"
				     "while true do end"),
			 7);
	assert_int_equal(run_stopped("local n, asked = 0\n"
				     "require 'atoll'.on_stop(function() asked = true end)\n"
				     "while not asked do n = n + 1 end\n"
				     "os.exit(n > 0 and 8 or 0)"),
			 8);
}

static void test_it_runs_once(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("local n = 0\n"
				     "require 'atoll'.on_stop(function() n = n + 1 end)\n"
				     "while n == 0 do end\n"
				     "for i = 1, 1e5 do i = i + 1 end\n"
				     "os.exit(n)"),
			 1);
}

static void test_its_error_goes_through_what_it_interrupts(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("require 'atoll'.on_stop(function() error 'enough' end)\n"
				     "local ok, why = pcall(function() while true do end end)\n"
				     "assert(why == 'script.lua:1: enough', why)\n"
				     "os.exit(9)"),
			 9);
	assert_int_equal(run_stopped("require 'atoll'.on_stop(function() error 'enough' end)\n"
				     "while true do end"),
			 1);
	assert_says("tester: script.lua:1: enough\n");
	assert_says("script.lua:2: in main chunk\n");
}

static void test_a_coroutine_that_never_yields_is_interrupted(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("require 'atoll'.on_stop(function() os.exit(5) end)\n"
				     "coroutine.wrap(function()\n"
				     " coroutine.wrap(function() while true do end end)()\n"
				     "end)()"),
			 5);
}

static void test_a_scheduler_of_coroutines_is_interrupted(void **state)
{
	(void)state;
	assert_int_equal(
		run_stopped("local asked = 0\n"
			    "require 'atoll'.on_stop(function() asked = asked + 1 end)\n"
			    "local function task() while true do coroutine.yield() end end\n"
			    "local tasks = {}\n"
			    "for i = 1, 10 do tasks[i] = coroutine.create(task) end\n"
			    "while asked == 0 do\n"
			    " for _, t in ipairs(tasks) do assert(coroutine.resume(t)) end\n"
			    "end\n"
			    "for i = 1, 100 do coroutine.wrap(function() return i end)() end\n"
			    "os.exit(asked)"),
		1);
}

static void test_without_a_function_the_script_goes_on_and_can_ask(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("local atoll = require 'atoll'\n"
				     "assert(not atoll.stopping())\n"
				     "while not atoll.stopping() do end\n"
				     "os.exit(3)"),
			 3);
	assert_int_equal(run_stopped("local atoll = require 'atoll'\n"
				     "atoll.on_stop(function() os.exit(1) end) atoll.on_stop()\n"
				     "while not atoll.stopping() do end\n"
				     "os.exit(3)"),
			 3);
}

static void test_a_function_that_comes_late_runs_at_once(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("local atoll = require 'atoll'\n"
				     "while not atoll.stopping() do end\n"
				     "local n = 0\n"
				     "atoll.on_stop(function() n = n + 1 end)\n"
				     "assert(n == 1)\n"
				     "os.exit(4)"),
			 4);
}

static void test_a_request_before_and_after_the_script_does_nothing(void **state)
{
	(void)state;
	runtime_lua.stop();
	assert_succeeds("require 'atoll'.on_stop(function() os.exit(1) end)");
	runtime_lua.stop();
}

static void test_a_finalizer_at_the_end_may_be_told_and_resume_coroutines(void **state)
{
	(void)state;
	assert_int_equal(run_stopped("local atoll = require 'atoll'\n"
				     "local before = coroutine.wrap(function() end)\n"
				     "while not atoll.stopping() do end\n"
				     "last = setmetatable({}, { __gc = function()\n"
				     "  local none, word = atoll.sleep(math.huge)\n"
				     "  before()\n"
				     "  io.stderr:write('told ', word) end })"),
			 0);
	assert_says("told stopping");
}

static void test_only_functions_are_taken(void **state)
{
	(void)state;
	assert_succeeds("local on_stop = require 'atoll'.on_stop\n"
			"assert(not pcall(on_stop, 1) and pcall(on_stop, nil))");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_function_runs_in_the_middle_of_a_loop),
		cmocka_unit_test(test_it_runs_once),
		cmocka_unit_test(test_its_error_goes_through_what_it_interrupts),
		cmocka_unit_test(test_a_coroutine_that_never_yields_is_interrupted),
		cmocka_unit_test(test_a_scheduler_of_coroutines_is_interrupted),
		cmocka_unit_test(test_without_a_function_the_script_goes_on_and_can_ask),
		cmocka_unit_test(test_a_function_that_comes_late_runs_at_once),
		cmocka_unit_test(test_a_request_before_and_after_the_script_does_nothing),
		cmocka_unit_test(test_a_finalizer_at_the_end_may_be_told_and_resume_coroutines),
		cmocka_unit_test(test_only_functions_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
