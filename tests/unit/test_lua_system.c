/* SPDX-License-Identifier: MIT */
/*
 * Unit test of the Lua runtime: what surrounds a script, os, io and errors.
 */
#include "tests/unit/lua_script.h"

static void test_a_script_that_returns_ends_with_zero(void **state)
{
	(void)state;
	assert_succeeds("");
	assert_succeeds("return 7");
}

static void test_arg_has_the_arguments_and_the_script(void **state)
{
	(void)state;
	assert_succeeds("assert(arg[0] == 'script.lua' and #arg == 2)\n"
			"assert(arg[1] == 'one' and arg[2] == 'two words')\n"
			"local a, b, c = ...; assert(a == 'one' and b == 'two words' and not c)");
}

static void test_a_first_line_for_unix_is_skipped_but_counted(void **state)
{
	(void)state;
	assert_succeeds("#!/usr/bin/lua\nassert(debug.getinfo(1).currentline == 2)");
	assert_succeeds("# nothing else");
}

static void test_os_exit_ends_with_its_status(void **state)
{
	(void)state;
	assert_int_equal(run("os.exit(42)"), 42);
	assert_int_equal(run("os.exit()"), 0);
	assert_int_equal(run("os.exit(true)"), 0);
	assert_int_equal(run("os.exit(false)"), 1);
	assert_int_equal(run("coroutine.wrap(function() os.exit(3) end)()"), 3);
	assert_int_equal(run("pcall(function() os.exit(4) end); os.exit(5)"), 4);
}

static void test_finalizers_run_however_the_script_ends(void **state)
{
	const char *const endings[] = {"", "os.exit(0)", "error 'x'", "coroutine.wrap(os.exit)()"};

	(void)state;
	for (unsigned i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char code[200];

		snprintf(code, sizeof(code),
			 "x = setmetatable({}, {__gc = function() io.stderr:write('gone') end}) "
			 "%s",
			 endings[i]);
		run(code);
		assert_says("gone");
	}
}

static void test_getenv_reads_the_components_environment(void **state)
{
	(void)state;
	setenv("OUTSIDE", "1", 1);
	assert_succeeds("assert(os.getenv 'LANG' == 'C' and os.getenv 'EMPTY' == '')\n"
			"assert(os.getenv 'LAN' == nil and os.getenv 'OUTSIDE' == nil)");
}

static void test_there_are_no_processes_to_start(void **state)
{
	(void)state;
	assert_succeeds("assert(os.execute() == false)\n"
			"local ok, why = os.execute 'true'\n"
			"assert(ok == nil and why:find 'process')\n"
			"ok, why = io.popen 'ls'; assert(ok == nil and why:find 'process')");
}

static void test_files_can_only_be_read(void **state)
{
	(void)state;
	assert_succeeds("local function refused(ok, why, number)\n"
			" return ok == nil and math.type(number) == 'integer' and why end\n"
			"assert(refused(os.remove 'a'):find '^a: .*read')\n"
			"assert(refused(os.rename('a', 'b')):find '^a: .*read')\n"
			"assert(refused(os.tmpname()):find 'temporary')\n"
			"assert(refused(io.tmpfile()):find 'temporary')");
}

static void test_the_locale_is_c_and_stays_so(void **state)
{
	(void)state;
	assert_succeeds("assert(os.setlocale() == 'C' and os.setlocale('') == 'C')\n"
			"assert(os.setlocale('C', 'numeric') == 'C')\n"
			"assert(os.setlocale('de_DE.UTF-8') == nil)\n"
			"assert(not pcall(os.setlocale, 'C', 'colour'))");
}

static void test_the_clock_counts_the_threads_time_alone(void **state)
{
	(void)state;
	assert_succeeds("local before = os.clock()\n"
			"while os.clock() < before + 0.01 do end\n"
			"assert(os.clock() - before < 10)");
}

static void test_random_numbers_differ_from_run_to_run(void **state)
{
	long long first;

	(void)state;
	run("io.stderr:write(math.random(0))");
	first = strtoll(errors, NULL, 10);
	run("io.stderr:write(math.random(0))");
	assert_int_not_equal(strtoll(errors, NULL, 10), first);
}

static void test_an_uncaught_error_has_component_line_and_traceback(void **state)
{
	(void)state;
	assert_int_equal(run("local function f() error 'oops' end\nf()"), 1);
	assert_ptr_equal(strstr(errors, "tester: script.lua:1: oops\nstack traceback:\n"), errors);
	assert_says("script.lua:2: in main chunk");
}

static void test_a_syntax_error_has_file_and_line(void **state)
{
	(void)state;
	assert_int_equal(run("x = 1\nx = = 2"), 1);
	assert_says("tester: script.lua:2: ");
}

static void test_error_objects_are_described(void **state)
{
	(void)state;
	assert_int_equal(run("error {}"), 1);
	assert_says("tester: error object is a table value");
	assert_int_equal(run("error(setmetatable({}, {__tostring = function() return 'T' end}))"),
			 1);
	assert_says("tester: T");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_script_that_returns_ends_with_zero),
		cmocka_unit_test(test_arg_has_the_arguments_and_the_script),
		cmocka_unit_test(test_a_first_line_for_unix_is_skipped_but_counted),
		cmocka_unit_test(test_os_exit_ends_with_its_status),
		cmocka_unit_test(test_finalizers_run_however_the_script_ends),
		cmocka_unit_test(test_getenv_reads_the_components_environment),
		cmocka_unit_test(test_there_are_no_processes_to_start),
		cmocka_unit_test(test_files_can_only_be_read),
		cmocka_unit_test(test_the_locale_is_c_and_stays_so),
		cmocka_unit_test(test_the_clock_counts_the_threads_time_alone),
		cmocka_unit_test(test_random_numbers_differ_from_run_to_run),
		cmocka_unit_test(test_an_uncaught_error_has_component_line_and_traceback),
		cmocka_unit_test(test_a_syntax_error_has_file_and_line),
		cmocka_unit_test(test_error_objects_are_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
