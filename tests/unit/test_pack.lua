-- SPDX-License-Identifier: MIT
-- What the packer writes, and what `atoll map` makes of it and of damaged
-- files: usage is `lua5.4 test_pack.lua ATOLL`.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")

local atoll = assert(arg[1], "usage: test_pack.lua ATOLL")
local FAILED = 125

local function shell(command)
	local pipe <close> = io.popen(command)
	return pipe:read("a")
end

local folder = shell("mktemp -d"):gsub("\n", "")

local function write(name, text)
	local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
	file:write(text)
end

local function read(name)
	local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
	return file:read("a")
end

-- What a command of the tool prints, and its exit status.
local function run(words)
	local output = shell(("cd '%s' && timeout 60 %s 2>&1; echo $?"):format(folder, words))
	local text, status = output:match("^(.-)(%d+)\n$")
	return text, tonumber(status)
end

local function build(words)
	local text, status = run(("'%s' build %s service.lua"):format(atoll, words))
	tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
	tap.equal(status, 0)
end

local function expect_part(text, part)
	if not text:find(part, 1, true) then
		tap.equal(text, "..." .. part .. "...")
	end
end

write("service.lua", [[
name = "pair"
cores = 2
component "first" {
	language = "c", sources = { "first.c", "second.c" }, core = 1, heap = "4M", stack = "64K",
	args = { 'a "quoted"\\ ??= one', "ä" }, env = { LANG = "C" }, libs = { "m" }, cflags = { "-DNUMBER=7" },
}
component "other" { language = "lua", main = "other.lua", core = 0, heap = "6M" }
channel "one" { from = "first", to = "other", size = "8K" }
channel "two" { from = "other", to = "first", size = "16K" }
]])
write("first.c", [[
#include <atoll.h>
#include <stdio.h>
#include <stdlib.h>
int helper(void);
int main(int argc, char **argv)
{
	printf("%s|%d|%s|%s|%s|%d\n", argv[0], argc, argv[1], argv[2], getenv("LANG"), helper());
	return 0;
}
]])
write("second.c", "int helper(void);\nint helper(void) { return NUMBER; }\n")
write("other.lua", "#!/usr/bin/lua\nos.exit(3)\n")

tap.case("an image is packed and runs as a Linux process", function()
	build("-o out")
	local text, status = run("./out/pair.elf")
	tap.equal(text, 'first|3|a "quoted"\\ ??= one|ä|C|7\n')
	tap.equal(status, 3)
end)

for _, kind in ipairs({ "address", "thread" }) do
	tap.case("an image is packed with the sanitizer " .. kind .. " and runs", function()
		build("-o out --sanitize " .. kind)
		local text, status = run("./out/pair." .. kind)
		tap.equal(text, 'first|3|a "quoted"\\ ??= one|ä|C|7\n')
		tap.equal(status, 3)
	end)
end

tap.case("packing again gives the same bytes", function()
	build("-o again")
	tap.equal(read("again/pair.elf") == read("out/pair.elf"), true)
	tap.equal(read("again/pair.debug") == read("out/pair.debug"), true)
	tap.equal(read("again/pair.map"), read("out/pair.map"))
end)

tap.case("the map has each component's and channel's place", function()
	local map = assert(load(read("out/pair.map"), "=map", "t", {}))()
	tap.equal(map.image, "pair")
	tap.equal(map.cores, 2)
	tap.equal(map.components[1].heap.size, 4 << 20)
	tap.equal(map.components[1].stack.size, 64 << 10)
	tap.equal(map.components[2].stack.base - map.components[1].stack.base, (16 << 20) - (192 << 10))
	tap.equal(map.channels[1].size, 16 << 10)
	tap.equal(map.channels[2].base - map.channels[1].base, 16 << 10)
	tap.equal(map.channels_size, 2 << 20)
end)

tap.case("the xl config has the memory that the map names", function()
	local map = assert(load(read("out/pair.map"), "=map", "t", {}))()
	local config = read("out/pair.cfg")
	expect_part(config, ("memory = %d\n"):format(map.memory >> 20))
	expect_part(config, 'type = "pvh"\nname = "pair"\n')
	expect_part(config, "vcpus = 2\n")
	expect_part(config, ('kernel = "%s/out/pair.elf"\n'):format(shell(("realpath '%s'"):format(folder)):gsub("\n", "")))
end)

-- The symbols of the unstripped file against the table in the stripped one.
tap.case("the table of symbols names functions where they are", function()
	run("objcopy -O binary --only-section=.atoll.symbols out/pair.elf symbols.bin")
	local bytes, places = read("symbols.bin"), {}
	local count = ("<I4"):unpack(bytes)
	local before = 0
	for i = 0, count - 1 do
		local address, name = ("<I4I4"):unpack(bytes, 5 + 8 * i)
		tap.equal(address > before, true)
		before = address
		places[("z"):unpack(bytes, 5 + 8 * count + name)] = address
	end
	for _, name in ipairs({ "first_main", "helper", "main", "malloc", "luaV_execute", "runtime_c_getenv" }) do
		local line = shell(("nm '%s/out/pair.debug' | grep ' [tT] %s$'"):format(folder, name))
		tap.equal(places[name], tonumber(line:match("^%x+"), 16))
	end
end)

tap.case("atoll map prints every component and channel", function()
	local text, status = run(("'%s' map out/pair.elf"):format(atoll))
	tap.equal(status, 0)
	expect_part(text, "pair: 2 cores, needs ")
	for _, row in ipairs({ "IMAGE ", "  text ", "HEAPS ", "  first ", "  other ", "  one ", "  two ", "TABLES " }) do
		expect_part(text, "\n" .. row)
	end
end)

-- Never a crash, a hang or an internal error: a message, or a map where the damage does not matter.
local function expect_refused(name)
	local text, status = run(("'%s' map '%s'"):format(atoll, name))
	if status ~= 0 then
		tap.equal(status, FAILED)
		tap.equal(text:match("^atoll: [^\n]*expected [^\n]*\n$") and "a message" or text, "a message")
	end
end

tap.case("atoll map refuses files that are none or another", function()
	write("empty", "")
	write("text", ("no ELF file\n"):rep(100))
	for _, name in ipairs({ "missing", "empty", "text", ".", "/bin/true" }) do
		expect_refused(name)
	end
end)

tap.case("atoll map refuses an image cut anywhere", function()
	local whole = read("out/pair.elf")
	for _, size in ipairs({ 3, 16, 20, 63, 64, 100, 500, 5000, #whole // 2, #whole - 1000, #whole - 1 }) do
		write("cut", whole:sub(1, size))
		expect_refused("cut")
	end
end)

tap.case("atoll map refuses an image with damaged headers", function()
	local whole = read("out/pair.elf")
	for at = 17, 64, 3 do
		write("bad", whole:sub(1, at - 1) .. "\xff\xff\xff" .. whole:sub(at + 3))
		expect_refused("bad")
	end
end)

tap.case("atoll map refuses an image whose note is hostile", function()
	for _, note in ipairs({ "while true do end", "return 7", "return {}", "return { image = 1, sections = 2 }",
		"local s = 'x' while true do s = s .. s end", "\27Lua", "return {cores = {}, image = 'x'}" }) do
		write("note", note)
		run("objcopy --update-section .atoll.map=note out/pair.elf hostile")
		expect_refused("hostile")
	end
end)

os.execute(("rm -rf '%s'"):format(folder))
tap.finish()
