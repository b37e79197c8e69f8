-- SPDX-License-Identifier: MIT
-- The tool reads what others wrote: manifests, images, their maps, console logs.
-- Spoiled at random, a few hundred times each, they get a message or are read,
-- and never crash or hang the tool: usage is `lua5.4 test_fuzz.lua ATOLL [SEED]`.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

local seed = math.tointeger(arg[2]) or 1
math.randomseed(seed)

-- Words at which parsers and checks have gone wrong elsewhere.
local WORDS = { "nil", "{", "}", "{}", "(", "[[", "--", "--[[", "\0", "\255\255\255\255", "'", '"', "\\", "\n", "=",
	"0/0", "1/0", "-1", "9223372036854775807", "1e308", "99999999999999999999", "true", "function() end", ", ", "%s%n",
	"..", "../../", "/dev/zero", "~", "\127ELF", "goto x", "::x::", "for i=1,9 do ", " end ", "a.", "\27[0m" }

local function pick(list)
	return list[math.random(#list)]
end

local function spoil_byte(text, at)
	return text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + 1)
end

local function spoil_word(text, at)
	return text:sub(1, at - 1) .. pick(WORDS) .. text:sub(at + math.random(0, 8))
end

local function spoil_cut(text, at)
	return text:sub(1, at - 1) .. text:sub(at + math.random(1, 40))
end

local function spoil_copy(text, at)
	local from = math.random(#text)
	return text:sub(1, at) .. text:sub(from, from + math.random(1, 60)) .. text:sub(at)
end

local function spoil_end(text, at)
	return text:sub(1, at)
end

local SPOILERS = { spoil_byte, spoil_byte, spoil_word, spoil_word, spoil_word, spoil_cut, spoil_copy, spoil_end }

-- One to three wounds, not behind `last`.
local function spoiled(text, last)
	for _ = 1, math.random(3) do
		if #text > 0 then
			text = pick(SPOILERS)(text, math.random(math.min(last or #text, #text)))
		end
	end
	return text
end

-- Eight bytes or two of a header, as numbers that do not fit.
local NUMBERS = { 0, 1, 63, 64, 0xffff, 0x10000, 1 << 31, 1 << 32, (1 << 63) - 1, -1, -64, 1 << 63, (1 << 63) - 4096 }

local function spoiled_number(text, first, last)
	local size = pick({ 2, 4, 8 })
	local at = first + math.random(0, (last - first) // size) * size
	return text:sub(1, at) .. ("<i8"):pack(pick(NUMBERS)):sub(1, size) .. text:sub(at + size + 1)
end

-- The command on each of the files, in one shell: what it printed and its status, by file.
local function run_all(command, count)
	tool.write("all.sh", ("for i in $(seq %d); do '%s' %s; echo \"=status $i $?\"; done\n"):format(count, tool.atoll,
		command))
	local text = tool.run("sh all.sh")
	local results = {}
	for output, i, status in text:gmatch("(.-)=status (%d+) (%d+)\n") do
		results[tonumber(i)] = { text = output, status = tonumber(status) }
	end
	return results
end

local function check(result, i, input)
	local ok = result and (result.status == 0
		or result.status == tool.FAILED and result.text:find("atoll: ", 1, true)
			and not result.text:find("internal error", 1, true))
	if not ok then
		error(("seed %d, case %d: %s\n%s\n--- of\n%q"):format(seed, i, result and result.status or "no end",
			result and result.text or "", #input < 4096 and input or "(long)"))
	end
end

-- A case for every kind of input: make() spoils one, the command has $i for its number.
local function expect_survived(title, count, command, make)
	tap.case(("%d %s"):format(count, title), function()
		local inputs, refused = {}, 0
		for i = 1, count do
			inputs[i] = make()
			tool.write("input." .. i, inputs[i])
		end
		local results = run_all(command, count)
		for i = 1, count do
			check(results[i], i, inputs[i])
			refused = refused + (results[i].status == 0 and 0 or 1)
		end
		tap.equal(refused > count // 10 and "many refused" or refused, "many refused")
	end)
end

-- Its sources are not there, so that no whole one is packed.
local MANIFEST = [[
name = "fuzz"
cores = 2
decides = "first"
grace = 2.5
local sizes = { small = "4M", large = 8 << 20 }
component "first" {
	language = "c", sources = { "first.c", "missing.c" }, core = 1, heap = sizes.small, stack = "64K",
	args = { 'a "quoted"', "x" }, env = { LANG = "C", A_1 = "b" }, libs = { "m" }, cflags = { "-DNUMBER=7" },
	restart = "on-failure", restart_limit = 3, restart_delay = 0.5, files = { "first.c", ["etc/x"] = "sub/" },
}
component "other" {
	language = "lua", main = "other.lua", core = 0, heap = sizes.large, modules = { "sub/mod.lua", m = "other.lua" },
	bytecode = true, libs = { "cjson" }, files = { "missing.txt" },
}
for i = 1, 2 do
	channel("c" .. i) { from = "first", to = "other", size = 4096 * i }
end
]]

tool.run("mkdir sub")
tool.write("first.c", "int main(void) { return 0; }\n")
tool.write("other.lua", "print(1)\n")
tool.write("sub/mod.lua", "return 2\n")

expect_survived("spoiled manifests are refused or read", 1000, "build -o out input.$i 2>&1", function()
	return spoiled(MANIFEST)
end)

-- A small ELF file with the map of an image.
tool.write("service.lua", [[
name = "whole"
cores = 2
component "a" { language = "lua", main = "other.lua", core = 0, heap = "4M" }
component "b" { language = "c", sources = { "first.c" }, core = 1, heap = "4M" }
channel "c" { from = "a", to = "b" }
]])
tool.call("build -o out service.lua")
tool.run("gcc -nostdlib -static -no-pie -Wl,-n,--build-id=none,-e,main -o small first.c")
tool.run("objcopy --strip-all --add-section=.atoll.map=out/whole.map small")
local ELF, MAP = tool.read("small"), tool.read("out/whole.map")
local HEADERS = 64 -- bytes of the first, then come the segments
local SECTIONS = ("<I8"):unpack(ELF, 41)

tap.case("what is spoiled is whole before", function()
	local text, status = tool.call("map small")
	tap.equal(status, 0)
	tap.contains(text, "whole: 2 cores")
end)

expect_survived("images with spoiled headers are refused or read", 500, "map input.$i 2>&1", function()
	return spoiled_number(ELF, 16, HEADERS - 8)
end)
expect_survived("images with spoiled segments and sections are refused or read", 500, "map input.$i 2>&1", function()
	local elf = ELF
	for _ = 1, math.random(6) do
		elf = spoiled_number(elf, SECTIONS, #elf - 8)
	end
	return math.random(2) == 1 and elf or spoiled_number(elf, HEADERS, HEADERS + 200)
end)
expect_survived("images cut or torn are refused or read", 300, "map input.$i 2>&1", function()
	return spoiled(ELF)
end)

-- The map in place of the old one, as long as it was.
local map_at = ELF:find("return {", 1, true)

expect_survived("images with spoiled maps are refused or read", 700, "map input.$i 2>&1", function()
	local map = spoiled(MAP)
	map = map .. ("\n"):rep(#MAP - #map)
	return ELF:sub(1, map_at - 1) .. map:sub(1, #MAP) .. ELF:sub(map_at + #MAP)
end)

tap.case("a map whose lines would fill the memory is refused", function()
	tool.write("note", [[
local c, name = {}, string and "" or ("x")
for i = 1, 16 do name = name .. name end
for i = 1, 100000 do c[i] = { name = name, base = 1, size = 1, rights = "r" } end
return { image = "x", cores = 1, memory = 1, sections = c, components = {}, channels = {} }
]])
	tool.run("objcopy --update-section .atoll.map=note small large")
	local text, status = tool.call("map large")
	tap.equal(status, tool.FAILED)
	tap.contains(text, "large: the section .atoll.map is damaged")
end)

local LOG = [[
atoll: image whole crashed in b on core 1: write to 0x10, NULL (page 0), which has nothing there
 rip 0000000000401000  rsp 0000558002ffe598  rflags 00000202
 backtrace:
 #0  0000000000401000 b_main+0x0
 #1  000000000040f3cf main+0x3f
 #2  0000000000419af6 component_run+0x66
 #3  0000000000510c3c ?
]]

tap.case("300 spoiled logs pass", function()
	local inputs = {}
	for i = 1, 300 do
		inputs[i] = spoiled(LOG)
		tool.write("input." .. i, inputs[i])
	end
	local results = run_all("symbolize out input.$i 2>&1", 300)
	for i = 1, 300 do
		check(results[i], i, inputs[i])
	end
end)

tool.finish()
