-- SPDX-License-Identifier: MIT
-- What the packer makes of components' data and constructors: usage is
-- `lua5.4 test_ranges.lua ATOLL`.
--
-- Expected places come from nm on the packed image, by the variables' names.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

-- gcc finds the library of these tests by its own search path.
local function build(words)
	local text, status = tool.run(("env LIBRARY_PATH=. '%s' build %s service.lua"):format(tool.atoll, words))
	tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
	tap.equal(status, 0)
end

-- Two components with the same sources and the same library.
tool.write("service.lua", [[
name = "ranges"
cores = 1
component "one" {
	language = "c", sources = { "part.c", "main.c" }, core = 0, heap = "4M", libs = { "shared" },
	cflags = { "-DWHO=1", "-ffunction-sections", "-fdata-sections" },
}
component "two" {
	language = "c", sources = { "part.c", "main.c" }, core = 0, heap = "4M", libs = { "shared" },
	cflags = { "-DWHO=2", "-fPIC" },
}
component "plain" { language = "c", sources = { "plain.c" }, core = 0, heap = "4M" }
component "script" { language = "lua", main = "script.lua", core = 0, heap = "4M" }
]])
tool.write("script.lua", "")
tool.write("plain.c", "int main(void) { return 0; }\n")
tool.write("part.c", [[
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define N(x) JOIN(JOIN(x, _of_), WHO)
#define USED __attribute__((used, retain))
USED int N(a_data) = 1;
USED static int N(a_static_data) = 2;
USED int N(a_bss);
USED static int N(a_static_bss);
USED static char N(a_wide_bss)[200] __attribute__((aligned(64)));
USED const char *N(a_data_rel) = "text";
USED static const char *N(a_data_rel_local)[] = { "a", "b" };
USED const char *const N(c_rel_ro)[] = { "c" };
USED static const int N(c_rodata)[] = { 3 };
USED __thread int N(t_data) = 4;
USED __thread int N(t_bss);
USED __attribute__((section("own_set"))) static int N(a_set_first) = 5;
USED __attribute__((section("own_set"))) static int N(a_set_second) = 6;
USED __attribute__((section(".odd.section"))) static int N(a_odd) = 7;
USED __attribute__((section("const_set"))) static const int N(c_set) = 8;
extern int __start_own_set[], __stop_own_set[];
extern const int __start_const_set[], __stop_const_set[];
long N(own_set_size)(void);
long N(own_set_size)(void) { return __stop_own_set - __start_own_set; }
long N(const_set_size)(void);
long N(const_set_size)(void) { return (__stop_const_set - __start_const_set) * 100 + *__start_const_set; }
__attribute__((constructor)) void N(init_last)(void);
__attribute__((constructor)) void N(init_last)(void) { __asm__ volatile(""); }
__attribute__((destructor(300))) void N(fini_300)(void);
__attribute__((destructor(300))) void N(fini_300)(void) { __asm__ volatile(""); }
]])
tool.write("main.c", [[
#include <stdio.h>
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define N(x) JOIN(JOIN(x, _of_), WHO)
extern int shared_common, shared_count(void);
long N(own_set_size)(void), N(const_set_size)(void);
__attribute__((constructor(1000))) void N(init_1000)(void);
__attribute__((constructor(1000))) void N(init_1000)(void) { __asm__ volatile(""); }
__attribute__((constructor(200))) void N(init_200)(void);
__attribute__((constructor(200))) void N(init_200)(void) { __asm__ volatile(""); }
__attribute__((destructor)) void N(fini_last)(void);
__attribute__((destructor)) void N(fini_last)(void) { __asm__ volatile(""); }
int main(void)
{
	shared_common += 10;
	shared_count();
	printf("%d: count %d, common %d, sets %ld %ld\n", WHO, shared_count(), shared_common,
	       N(own_set_size)(), N(const_set_size)());
	return 0;
}
]])
tool.write("shared.c", [[
int shared_common;
static int count = 40;
int shared_count(void);
int shared_count(void) { return ++count; }
]])

tool.run("gcc -c -fcommon shared.c -o shared.o && ar rcs libshared.a shared.o")

-- {name = {address...}} of what nm prints: components have their own of a name.
local function symbols(path)
	local places = {}
	for address, name in tool.run("nm " .. path):gmatch("(%x+) %a ([%w_.]+)\n") do
		places[name] = places[name] or {}
		table.insert(places[name], tonumber(address, 16))
	end
	return places
end

-- The names of what the pointers from one address to another point at.
local function pointees(path, first, last)
	local names, result = {}, {}
	for name, places in pairs(symbols(path)) do
		names[places[1]] = name
	end
	for offset, base, size in tool.run("readelf -lW " .. path):gmatch(
		"LOAD%s+0x(%x+) 0x(%x+) 0x%x+ 0x(%x+)") do
		offset, base, size = tonumber(offset, 16), tonumber(base, 16), tonumber(size, 16)
		if first >= base and last <= base + size then
			local bytes = tool.read(path):sub(offset + first - base + 1, offset + last - base)
			for at = 1, #bytes, 8 do
				result[#result + 1] = names[("<I8"):unpack(bytes, at)]
			end
		end
	end
	return table.concat(result, " ")
end

-- Which of a component's variables lie within its range of a kind.
local function within(places, who, kind, prefix)
	local name = ({ "one", "two" })[who]
	local first, last = places[name .. "_" .. kind .. "_start"][1], places[name .. "_" .. kind .. "_end"][1]
	local result = {}
	for symbol, addresses in pairs(places) do
		for _, address in ipairs(addresses) do
			local own = symbol:match("^(" .. prefix .. "[%w_]*)_of_" .. who .. "$")
			if own and address >= first and address < last then
				result[#result + 1] = own
			end
		end
	end
	table.sort(result)
	return table.concat(result, " ")
end

local VARIABLES = "[act]_"
local DATA = "a_data a_data_rel a_data_rel_local a_odd a_set_first a_set_second a_static_data"
local BSS = "a_bss a_static_bss a_wide_bss"

local function expect_ranges(path)
	local places = symbols(path)
	for who = 1, 2 do
		tap.equal(within(places, who, "data", VARIABLES), DATA)
		tap.equal(within(places, who, "bss", VARIABLES), BSS)
	end
	return places
end

tap.case("components with data of every kind are packed and run", function()
	build("-o out")
	local text, status = tool.run("./out/ranges.elf | sort")
	tap.equal(text, "1: count 42, common 10, sets 2 108\n2: count 42, common 10, sets 2 108\n")
	tap.equal(status, 0)
end)

tap.case("a component's ranges hold its writable data and no constant or thread-local", function()
	expect_ranges("out/ranges.debug")
end)

tap.case("constants are read-only, those that a linker fills in too", function()
	local places = symbols("out/ranges.debug")
	for _, name in ipairs({ "c_rodata", "c_rel_ro", "c_set" }) do
		for who = 1, 2 do
			local address = places[name .. "_of_" .. who][1]
			tap.equal(address < places.image_rodata_end[1] and "constant" or name .. who, "constant")
		end
	end
	tap.contains(tool.run("readelf -SW out/obj/two.2.o out/obj/two.1.o"), ".data.rel.ro")
end)

tap.case("nothing of the C library and of other components lies in a component's ranges", function()
	local places = symbols("out/ranges.debug")
	for _, name in ipairs({ "one", "two" }) do
		local other = name == "one" and 2 or 1
		for _, kind in ipairs({ "data", "bss" }) do
			local first, last = places[name .. "_" .. kind .. "_start"][1], places[name .. "_" .. kind .. "_end"][1]
			tap.equal(last > first and last - first < 1024 and "small" or last - first, "small")
			for symbol, addresses in pairs(places) do
				for _, address in ipairs(addresses) do
					local foreign = symbol:find("_of_" .. other .. "$") or symbol == "stdout" or symbol == "environ"
					tap.equal(foreign and address >= first and address < last and symbol or "none", "none")
				end
			end
		end
	end
end)

tap.case("each component has its own copy of a library's data, common symbols too", function()
	local places = symbols("out/ranges.debug")
	tap.equal(#places.shared_common, 2)
	tap.equal(#places.shared_count, 2)
	for who, name in ipairs({ "one", "two" }) do
		local inside = 0
		for _, address in ipairs(places.shared_common) do
			inside = inside + (address >= places[name .. "_bss_start"][1] and address < places[name .. "_bss_end"][1]
				and 1 or 0)
		end
		tap.equal(who .. " " .. inside, who .. " 1")
	end
end)

tap.case("constructors and destructors are in the component's own lists, in their order", function()
	local places = symbols("out/ranges.debug")
	for who, name in ipairs({ "one", "two" }) do
		local function list(kind)
			return pointees("out/ranges.debug", places[name .. "_" .. kind .. "_start"][1],
				places[name .. "_" .. kind .. "_end"][1])
		end
		tap.equal(list("init"), ("init_200_of_%d init_1000_of_%d init_last_of_%d"):format(who, who, who))
		tap.equal(list("fini"), ("fini_300_of_%d fini_last_of_%d"):format(who, who))
	end
	tap.equal(places.plain_init_start[1], places.plain_init_end[1])
	tap.equal(places.plain_data_start[1], places.plain_data_end[1])
	tap.equal(places.plain_bss_start[1], places.plain_bss_end[1])
end)

tap.case("the image's own list has none of the components' constructors", function()
	local places = symbols("out/ranges.debug")
	local own = pointees("out/ranges.debug", places.__init_array_start[1], places.__init_array_end[1])
	tap.equal(own:match("_of_") or "none", "none")
end)

for _, kind in ipairs({ "address", "thread" }) do
	tap.case("with the sanitizer " .. kind .. " the ranges hold the same", function()
		build("-o out --sanitize " .. kind)
		local text, status = tool.run("./out/ranges." .. kind .. " | sort")
		tap.equal(text, "1: count 42, common 10, sets 2 108\n2: count 42, common 10, sets 2 108\n")
		tap.equal(status, 0)
		local places = expect_ranges("out/ranges." .. kind)
		tap.equal(pointees("out/ranges." .. kind, places.one_init_start[1], places.one_init_end[1]),
			"init_200_of_1 init_1000_of_1 init_last_of_1")
	end)
end

tap.case("libraries that need one another are found whatever their order", function()
	tool.write("left.c", "int right(void), left(void);\nint left(void) { return right() + 1; }\n")
	tool.write("right.c", "int deep(void), right(void);\nint right(void) { return deep() + 1; }\n")
	tool.write("deep.c", "int deep(void);\nint deep(void) { return 1; }\n")
	tool.run("gcc -c left.c right.c deep.c && ar rcs libleft.a left.o deep.o && ar rcs libright.a right.o")
	tool.write("plain.c", "int left(void);\nint main(void) { return left(); }\n")
	for _, libs in ipairs({ '"left", "right"', '"right", "left"' }) do
		tool.write("service.lua", ('name = "ranges"\ncores = 1\ncomponent "a" { language = "c", sources = { "plain.c" },'
			.. ' libs = { %s }, core = 0, heap = "4M" }\n'):format(libs))
		build("-o libs")
		tap.equal(select(2, tool.run("./libs/ranges.elf")), 3)
	end
end)

-- It would print something else, were anything left of the time before.
tool.write("again.c", [[
#include <stdio.h>
#include <stdlib.h>
static int number = 5, zero;
static char *text;
static const char *names[] = { "first", "second" };
__attribute__((constructor)) static void add(void) { number += 2; }
__attribute__((constructor(300))) static void allocate(void) { number *= 10; text = malloc(10); }
__attribute__((destructor)) static void report(void) { printf("destructor: %d\n", number); free(text); }
int main(void)
{
	printf("%d %d %s\n", number, zero, names[0]);
	number = ++zero;
	names[0] = names[1];
	return 3;
}
]])

for _, kind in ipairs({ "elf", "address", "thread" }) do
	tap.case("a component starts again from pristine data, constructors in order: " .. kind, function()
		tool.write("service.lua", 'name = "ranges"\ncores = 1\ncomponent "a" { language = "c", sources = { "again.c" },'
			.. ' core = 0, heap = "4M", restart = "always", restart_limit = 2, restart_delay = 0 }\n')
		build("-o again" .. (kind == "elf" and "" or " --sanitize " .. kind))
		local text, status = tool.run("./again/ranges." .. kind)
		tap.equal(text:gsub("atoll: [^\n]*\n", ""), ("52 0 first\ndestructor: 1\n"):rep(3))
		tap.equal(status, 3)
	end)
end

tap.case("constructors of an old kind are refused", function()
	tool.write("service.lua", 'name = "ranges"\ncores = 1\ncomponent "a" { language = "c", sources = { "plain.c" },'
		.. ' core = 0, heap = "4M" }\n')
	tool.write("plain.c", "__asm__(\".section .ctors, \\\"aw\\\"\\n.quad main\\n.text\");\nint main(void) { return 0; }\n")
	local text, status = tool.run(("env LIBRARY_PATH=. '%s' build -o old service.lua"):format(tool.atoll))
	tap.equal(status, tool.FAILED)
	tap.contains(text, 'component "a": field sources: got the section .ctors, expected constructors in .init_array')
end)

tool.finish()
