/* SPDX-License-Identifier: MIT */
/*
 * Unit test of what a Lua component says when its memory is out, and of the
 * coroutines that it has to know for it. The linker gives the runtime the
 * malloc and realloc that are here, in which only large blocks fail.
 */
#include "tests/unit/lua_script.h"

#define BLOCK_MAX (64UL << 10)

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_realloc(void *block, size_t size)
{
	return size > BLOCK_MAX ? NULL : __real_realloc(block, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return size > BLOCK_MAX ? NULL : __real_malloc(size);
}

static void test_the_report_has_the_quota_and_a_traceback(void **state)
{
	(void)state;
	assert_int_equal(run("local t = {}\n"
			     "local function grow()\n"
			     " for i = 1, 1e6 do t[i] = i end\n"
			     "end\n"
			     "grow()"),
			 1);
	assert_string_equal(errors, "tester: out of memory; the heap's quota is 4096 KiB\n"
				    "stack traceback:\n"
				    "\tscript.lua:3: in local 'grow'\n"
				    "\tscript.lua:5: in main chunk\n"
				    "\t[C]: in ?\n");
}

static void test_a_function_of_c_is_named_in_the_traceback(void **state)
{
	(void)state;
	assert_int_equal(run("string.rep('x', 1 << 20)"), 1);
	assert_says("stack traceback:\n\t[C]: in field 'rep'\n\tscript.lua:1: in main chunk\n");
}

static void test_a_coroutine_is_traced_where_it_was(void **state)
{
	(void)state;
	assert_int_equal(run("local f = coroutine.wrap(function()\n"
			     " coroutine.yield()\n"
			     " string.rep('x', 1 << 20)\n"
			     "end)\n"
			     "f() f()"),
			 1);
	assert_says("tester: out of memory; the heap's quota is 4096 KiB\nstack traceback:\n");
	assert_says("script.lua:3: in function <script.lua:1>\n");
}

static void test_a_caught_error_leaves_the_script_running(void **state)
{
	(void)state;
	assert_succeeds("for i = 1, 100 do\n"
			" local ok, why = pcall(string.rep, 'x', 1 << 20)\n"
			" assert(not ok and why == 'not enough memory')\n"
			"end\n"
			"local co = coroutine.create(function() string.rep('x', 1 << 20) end)\n"
			"local ok, why = coroutine.resume(co)\n"
			"assert(not ok and why == 'not enough memory')");
	assert_int_equal(run("pcall(string.rep, 'x', 1 << 20) error 'another'"), 1);
	assert_says("tester: script.lua:1: another\n");
}

static void test_a_deep_traceback_loses_its_end_alone(void **state)
{
	(void)state;
	assert_int_equal(run("local function f(n)\n"
			     " if n == 0 then string.rep('x', 1 << 20) end\n"
			     " f(n - 1)\n"
			     " return 0\n"
			     "end\n"
			     "f(100)"),
			 1);
	assert_says("script.lua:3: in upvalue 'f'\n");
	assert_int_equal(errors[strlen(errors) - 1], '\n');
}

static void test_coroutines_pass_values_both_ways(void **state)
{
	(void)state;
	assert_succeeds("local co = coroutine.create(function(...)\n"
			" assert(select('#', ...) == 3)\n"
			" local a, b = coroutine.yield(1, nil, 3, nil)\n"
			" assert(a == 'a' and b == nil)\n"
			" return 'end'\n"
			"end)\n"
			"local r = table.pack(coroutine.resume(co, 1, 2, nil))\n"
			"assert(r.n == 5 and r[1] == true and r[2] == 1 and r[4] == 3)\n"
			"local ok, last = coroutine.resume(co, 'a'); assert(ok and last == 'end')\n"
			"local ok, why = coroutine.resume(co)\n"
			"assert(not ok and why == 'cannot resume dead coroutine')\n"
			"assert(select('#', coroutine.wrap(function() end)()) == 0)\n"
			"local n = 0 for v in coroutine.wrap(function() for i = 1, 9 do\n"
			" coroutine.yield(i) end end) do n = n + v end assert(n == 45)\n"
			"ok, why = pcall(coroutine.resume, 1)\n"
			"assert(why:find 'coroutine expected')\n"
			"assert(not pcall(coroutine.wrap, 1))");
}

static void test_errors_of_coroutines_are_theirs(void **state)
{
	(void)state;
	assert_succeeds(
		"local thrown = {}\n"
		"local ok, why = coroutine.resume(coroutine.create(function() error(thrown) end))\n"
		"assert(not ok and why == thrown)\n"
		"local f = coroutine.wrap(function() error(thrown) end)\n"
		"ok, why = pcall(f) assert(not ok and why == thrown)\n"
		"local closed\n"
		"f = coroutine.wrap(function()\n"
		" local x <close> = setmetatable({}, {__close = function() closed = true end})\n"
		" error 'oops' end)\n"
		"ok, why = pcall(function() f() end)\n"
		"assert(not ok and closed)\n"
		"assert(why == 'script.lua:10: script.lua:9: oops', why)\n"
		"ok, why = pcall(function() f() end)\n"
		"assert(why:find 'cannot resume dead coroutine')\n"
		"f = coroutine.wrap(function() return f() end)\n"
		"assert(not pcall(f))");
}

static void test_coroutines_nest_as_deep_as_lua_lets_them(void **state)
{
	(void)state;
	assert_succeeds("local function nest(n)\n"
			" if n == 0 then return 0 end\n"
			" return 1 + coroutine.wrap(nest)(n - 1)\n"
			"end\n"
			"assert(nest(50) == 50)\n"
			"local ok, why = pcall(nest, 1000)\n"
			"assert(not ok and why:find 'C stack overflow')\n"
			"assert(nest(50) == 50)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_report_has_the_quota_and_a_traceback),
		cmocka_unit_test(test_a_function_of_c_is_named_in_the_traceback),
		cmocka_unit_test(test_a_coroutine_is_traced_where_it_was),
		cmocka_unit_test(test_a_caught_error_leaves_the_script_running),
		cmocka_unit_test(test_a_deep_traceback_loses_its_end_alone),
		cmocka_unit_test(test_coroutines_pass_values_both_ways),
		cmocka_unit_test(test_errors_of_coroutines_are_theirs),
		cmocka_unit_test(test_coroutines_nest_as_deep_as_lua_lets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
