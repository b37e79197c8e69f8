/* SPDX-License-Identifier: MIT */
/*
 * Unit test of `require` in a Lua component.
 */
#include "tests/unit/lua_script.h"

#include <lauxlib.h>
#include <lua.h>

#define TEXT(s) .code = (s), .size = sizeof(s) - 1

static char bytecode[4096];
static size_t bytecode_size;

static int luaopen_native(lua_State *L)
{
	lua_newtable(L);
	lua_pushvalue(L, 1);
	lua_setfield(L, -2, "name");
	lua_pushvalue(L, 2);
	lua_setfield(L, -2, "place");
	return 1;
}

static struct runtime_lua_module modules[] = {
	{.name = "plain",
	 .chunkname = "@plain.lua",
	 TEXT("#!/usr/bin/lua\nlocal M = {}\nfunction M.fail() error 'oops' end\n"
	      "M.args = {...}\nreturn M")},
	{.name = "sub.inner", .chunkname = "@sub/inner.lua", TEXT("return require 'plain'")},
	{.name = "pack", .chunkname = "@pack/init.lua", TEXT("return 'pack'")},
	{.name = "broken", .chunkname = "@broken.lua", TEXT("x = = 1")},
	{.name = "raises", .chunkname = "@raises.lua", TEXT("error 'at once'")},
	{.name = "native", .open = luaopen_native},
	{.name = "native.child", .open = luaopen_native},
	{.name = "compiled", .chunkname = "@compiled.lua", .code = bytecode},
};

static const struct image_file files[] = {
	{"lib/extra.lua", "return 'extra ' .. select(2, ...)", 33},
	{"config.txt", "x", 1},
};

static int chunk_append(lua_State *L, const void *bytes, size_t size, void *unused)
{
	(void)L, (void)unused;
	assert_true(bytecode_size + size <= sizeof(bytecode));
	memcpy(bytecode + bytecode_size, bytes, size);
	bytecode_size += size;
	return 0;
}

/* As the packer does it: with line numbers. */
static void compile(const char *code, const char *chunkname)
{
	lua_State *L = luaL_newstate();

	bytecode_size = 0;
	assert_int_equal(luaL_loadbuffer(L, code, strlen(code), chunkname), LUA_OK);
	assert_int_equal(lua_dump(L, chunk_append, NULL, 0), 0);
	lua_close(L);
}

static int setup(void **state)
{
	(void)state;
	compile("local M = {}\nfunction M.fail()\n error 'compiled'\nend\nreturn M",
		"@compiled.lua");
	modules[sizeof(modules) / sizeof(modules[0]) - 1].size = bytecode_size;
	script_modules = modules;
	script_module_count = sizeof(modules) / sizeof(modules[0]);
	script_files = files;
	script_file_count = sizeof(files) / sizeof(files[0]);
	return 0;
}

static void test_a_module_is_found_by_its_name_and_loaded_once(void **state)
{
	(void)state;
	assert_succeeds("local M, place = require 'plain'\n"
			"assert(M == require 'plain' and M == package.loaded.plain)\n"
			"assert(place == 'plain.lua')\n"
			"assert(M.args[1] == 'plain' and M.args[2] == 'plain.lua')");
}

static void test_modules_require_modules(void **state)
{
	(void)state;
	assert_succeeds("assert(require 'sub.inner' == require 'plain')");
}

static void test_a_c_module_is_opened_by_its_function(void **state)
{
	(void)state;
	assert_succeeds("local native = require 'native'\n"
			"assert(native.name == 'native' and native.place == 'native')\n"
			"assert(require 'native.child'.name == 'native.child')");
}

static void test_tracebacks_show_a_modules_own_file_and_line(void **state)
{
	(void)state;
	assert_int_equal(run("local plain = require 'plain'\nplain.fail()"), 1);
	assert_says("tester: plain.lua:3: oops\n");
	assert_says("plain.lua:3: in function 'plain.fail'");
	assert_says("script.lua:2: in main chunk");
	assert_int_equal(run("require 'raises'"), 1);
	assert_says("raises.lua:1: at once");
}

static void test_bytecode_is_a_module_and_a_script(void **state)
{
	(void)state;
	assert_int_equal(run("local c = require 'compiled'\nc.fail()"), 1);
	assert_says("tester: compiled.lua:3: compiled\n");
	compile("\nerror 'in bytecode'", "@main.lua");
	assert_int_equal(run_chunk(bytecode, bytecode_size), 1);
	assert_says("tester: main.lua:2: in bytecode\n");
}

static void test_a_syntax_error_of_a_module_has_file_and_line(void **state)
{
	(void)state;
	assert_int_equal(run("require 'broken'"), 1);
	assert_says("error loading module 'broken' from the image:\n\tbroken.lua:1: ");
}

static void test_a_failed_require_says_what_the_image_has(void **state)
{
	(void)state;
	assert_int_equal(run("require 'no.such'"), 1);
	assert_says("script.lua:1: module 'no.such' not found:\n"
		    "\tno field package.preload['no.such']\n"
		    "\tno module 'no.such' in the image, which has plain, sub.inner, pack, ");
	assert_says("compiled, atoll\n\tno file 'no/such.lua' in the image\n"
		    "\tno file 'no/such/init.lua' in the image\n");
}

static void test_nothing_comes_from_a_file_system(void **state)
{
	FILE *f = fopen("outside.lua", "w");

	(void)state;
	assert_non_null(f);
	fputs("return 1", f);
	fclose(f);
	run("require 'outside'");
	remove("outside.lua");
	assert_says("no file 'outside.lua' in the image");
}

static void test_the_path_leads_into_the_image(void **state)
{
	(void)state;
	assert_succeeds(
		"assert(package.path == '?.lua;?/init.lua' and package.cpath == '')\n"
		"assert(#package.searchers == 3)\n"
		"assert(not pcall(require, 'extra'))\n"
		"package.path = 'lib/?.lua;' .. package.path\n"
		"assert(require 'extra' == 'extra lib/extra.lua')\n"

		"package.path = nil\n"
		"local ok, why = pcall(require, 'more'); assert(why:find 'must be a string')");
}

static void test_searchpath_names_files_of_the_image(void **state)
{
	(void)state;
	assert_succeeds("local search = package.searchpath\n"
			"assert(search('sub.inner', package.path) == 'sub/inner.lua')\n"
			"assert(search('pack', package.path) == 'pack/init.lua')\n"
			"assert(search('config', '?.txt') == 'config.txt')\n"
			"assert(search('sub-inner', ';;?.lua;', '-') == 'sub/inner.lua')\n"
			"assert(search('lib_extra', '?.lua', '_', '/') == 'lib/extra.lua')\n"
			"local file, why = search('a.b', '?.x;y/?')\n"
			"assert(not file and why == \"no file 'a/b.x' in the image\\n\\t"
			"no file 'y/a/b' in the image\")\n"
			"file, why = search('x', '');  assert(file == nil and why == '')\n"
			"assert(not pcall(search, 'x'))");
}

static void test_there_are_no_libraries_to_load(void **state)
{
	(void)state;
	assert_succeeds("local f, why, where = package.loadlib('x.so', 'luaopen_x')\n"
			"assert(not f and why:find 'image' and where == 'absent')");
}

static void test_a_program_without_modules_has_atoll(void **state)
{
	(void)state;
	script_module_count = 0;
	script_modules = NULL;
	assert_succeeds("assert(require 'atoll' == require 'atoll' and not atoll)\n"
			"package.preload.mine = function(name, where) return name .. where end\n"
			"assert(require 'mine' == 'mine:preload:')");
	assert_int_equal(run("require 'plain'"), 1);
	assert_says("in the image, which has atoll\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_module_is_found_by_its_name_and_loaded_once, setup),
		cmocka_unit_test_setup(test_modules_require_modules, setup),
		cmocka_unit_test_setup(test_a_c_module_is_opened_by_its_function, setup),
		cmocka_unit_test_setup(test_tracebacks_show_a_modules_own_file_and_line, setup),
		cmocka_unit_test_setup(test_bytecode_is_a_module_and_a_script, setup),
		cmocka_unit_test_setup(test_a_syntax_error_of_a_module_has_file_and_line, setup),
		cmocka_unit_test_setup(test_a_failed_require_says_what_the_image_has, setup),
		cmocka_unit_test_setup(test_nothing_comes_from_a_file_system, setup),
		cmocka_unit_test_setup(test_the_path_leads_into_the_image, setup),
		cmocka_unit_test_setup(test_searchpath_names_files_of_the_image, setup),
		cmocka_unit_test_setup(test_there_are_no_libraries_to_load, setup),
		cmocka_unit_test_setup(test_a_program_without_modules_has_atoll, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
