-- SPDX-License-Identifier: MIT
-- Files, Lua modules and C modules that the packer brings into an image: usage
-- is `lua5.4 test_bundle.lua ATOLL`.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

-- Packs into out and runs as a Linux process: what it printed, and its status.
local function packed_run(words)
	local text, status = tool.call("build -o out " .. (words or "") .. " service.lua")
	tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
	tap.equal(status, 0)
	return tool.run("./out/bundle." .. ((words or ""):match("sanitize (%a+)") or "elf"))
end

local function service(fields, more)
	tool.write("service.lua", ('name = "bundle"\ncores = 1\ncomponent "only" {\n\tlanguage = "lua", main = "main.lua",'
		.. ' core = 0, heap = "4M",\n%s\n}\n%s\n'):format(fields, more or ""))
end

-- A Lua component with these fields and this script prints this.
local function expect(title, fields, script, output)
	tap.case(title, function()
		service(fields)
		tool.write("main.lua", script)
		local text, status = packed_run()
		tap.equal(text, output)
		tap.equal(status, 0)
	end)
end

tool.run("mkdir -p sub/deep folder/inner elsewhere")
tool.write("util.lua", "return { name = ..., answer = 42 }\n")
tool.write("sub/deep/mod.lua", "#!/usr/bin/lua\nreturn { name = ..., fail = function() error('wanted') end }\n")
tool.write("sub/init.lua", "return { name = ... }\n")
tool.write("elsewhere/x.lua", "return { name = ... }\n")
tool.write("folder/b.txt", "of b\n")
tool.write("folder/inner/a.bin", "\0\1\2\255")
tool.write("folder/empty", "")

local MODULES = 'modules = { "util.lua", "./sub//deep/mod.lua", "sub/init.lua", ["other.name"] = "elsewhere/x.lua" },'

expect("modules are found by the names of their paths, or by names of their own", MODULES, [[
for _, name in ipairs { "util", "sub.deep.mod", "sub", "other.name" } do
	print(require(name).name)
end
print(require("util").answer, (pcall(require, "nowhere")))
]], "util\nsub.deep.mod\nsub\nother.name\n42\tfalse\n")

for _, kind in ipairs({ "source", "bytecode" }) do
	expect("tracebacks of " .. kind .. " have the module's file name and its lines",
		MODULES .. "bytecode = " .. tostring(kind == "bytecode"), [[
local mod = require("sub.deep.mod")
local function inner()
	mod.fail()
end
local _, trace = xpcall(inner, debug.traceback)
print(trace:match("^[^\n]*"))
for line in trace:gmatch("\n\t(%g+%.lua:%d+: [^\n]*)") do
	print(line)
end
]], [[
sub/deep/mod.lua:2: wanted
sub/deep/mod.lua:2: in function 'sub.deep.mod.fail'
main.lua:3: in function <main.lua:2>
main.lua:5: in main chunk
]])
end

tap.case("bytecode is precompiled, source is the text", function()
	service(MODULES .. "bytecode = true")
	packed_run()
	tap.equal(tool.read("out/obj/only.main.lua"):sub(1, 4), "\27Lua")
	tap.equal(tool.read("out/obj/only.1.lua"):sub(1, 4), "\27Lua")
	service(MODULES)
	packed_run()
	tap.equal(tool.read("out/obj/only.1.lua"), tool.read("util.lua"))
end)

expect("modules in C from Debian's static libraries", 'libs = { "cjson", "lpeg" }', [[
local cjson, safe, lpeg = require("cjson"), require("cjson.safe"), require("lpeg")
print(cjson.encode({ 1, { a = true } }), cjson.decode('{"x":[1,2.5]}').x[2])
print(safe.decode("{"))
print(lpeg.match(lpeg.C(lpeg.R("az")^1), "word7"))
]], '[1,{"a":true}]\t2.5\nnil\tExpected object key string but found T_END at character 2\nword\n')

expect("files are there by their names, folders with all that is in them",
	'files = { "util.lua", "folder/", ["etc/name"] = "folder/b.txt" },', [[
local function show(name)
	local file <close> = assert(io.open(name, "rb"))
	print(name, #file:read("a"))
end
for _, name in ipairs { "util.lua", "./util.lua", "folder/b.txt", "folder/inner/a.bin", "folder/empty", "etc/name" } do
	show(name)
end
print(io.open("folder/b.txt"):read("l"), io.open("etc/none") == nil)
]], "util.lua\t35\n./util.lua\t35\nfolder/b.txt\t5\nfolder/inner/a.bin\t4\nfolder/empty\t0\netc/name\t5\nof b\ttrue\n")

tap.case("a C component opens its files, and not another's", function()
	service('files = { "util.lua" },', [[
component "reader" { language = "c", sources = { "reader.c" }, core = 0, heap = "4M", files = { "folder" } }
]])
	tool.write("main.lua", "")
	tool.write("reader.c", [[
#include <stdio.h>
int main(void)
{
	char line[16] = "";
	FILE *file = fopen("folder/b.txt", "r");
	if (!file || !fgets(line, sizeof(line), file))
		return 1;
	printf("%s%s\n", line, fopen("util.lua", "r") ? "there" : "not there");
	return fclose(file);
}
]])
	tool.run("mkdir -p away && cp -r out away/") -- where no such files are
	local text, status = packed_run()
	tap.equal(status, 0)
	tap.equal(tool.run("env -C away ../out/bundle.elf"), "of b\nnot there\n")
	tap.equal(text, "of b\nthere\n") -- on Linux what is not bundled is the machine's own
end)

tap.case("with a sanitizer modules, libraries and files are there too", function()
	service(MODULES .. 'libs = { "cjson" }, files = { "folder" },')
	tool.write("main.lua", 'print(require("util").answer, require("cjson").encode({}), io.open("folder/b.txt"):read("l"))')
	local text, status = packed_run("--sanitize address")
	tap.equal(text, "42\t{}\tof b\n")
	tap.equal(status, 0)
end)

tap.case("a library without modules is refused", function()
	service('libs = { "empty" }')
	tool.run("gcc -c -x c /dev/null -o empty.o && ar rcs liblua5.4-empty.a empty.o")
	local text, status = tool.run(("env LIBRARY_PATH=. '%s' build service.lua"):format(tool.atoll))
	tap.equal(status, tool.FAILED)
	tap.contains(text, 'component "only": field libs: got "empty", expected a library with a function luaopen_empty')
end)

tap.case("a module that is there twice is refused", function()
	service('libs = { "cjson" }, modules = { cjson = "util.lua" }')
	local text, status = tool.call("build service.lua")
	tap.equal(status, tool.FAILED)
	tap.contains(text, 'component "only": field libs: got the module "cjson" twice, expected another name')
end)

tool.finish()
