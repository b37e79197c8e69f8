-- SPDX-License-Identifier: MIT
-- What the packer says about manifests: usage is `lua5.4 test_manifest.lua ATOLL`.
--
-- Each case is the text of a manifest and all lines that the packer is expected
-- to say about it, without the prefix "atoll: service.lua:".

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

-- What the packer says and its exit status.
local function pack(manifest)
	tool.write("service.lua", manifest)
	return tool.call("build service.lua")
end

local function expect(title, manifest, lines)
	tap.case(title, function()
		local text, status = pack(manifest)
		local expected = {}
		for i, line in ipairs(lines) do
			expected[i] = "atoll: service.lua:" .. line .. "\n"
		end
		tap.equal(text, table.concat(expected))
		tap.equal(status, tool.FAILED)
	end)
end

-- A manifest is refused, quickly, with a message that has this in it.
local function expect_refused(title, manifest, part)
	tap.case(title, function()
		local text, status = pack(manifest)
		tap.equal(status, tool.FAILED)
		tap.contains(text, part)
	end)
end

-- The manifest that the cases spoil: {C fields} and {Lua fields} from line 3 and 4.
local GOOD_C = 'language = "c", sources = { "a.c" }, core = 0, heap = "8M"'
local GOOD_LUA = 'language = "lua", main = "b.lua", core = 1, heap = "8M"'

local function two(c, lua, rest)
	return ('name = "test"\ncores = 2\ncomponent "a" { %s }\ncomponent "b" { %s }\n%s\n'):format(c, lua, rest or "")
end

local function one(fields)
	return two(GOOD_C .. ", " .. fields, GOOD_LUA)
end

-- The good C component without one of its fields, and with this instead.
local function instead(field, text)
	return two((GOOD_C:gsub(field .. ' = [^{},]+', text)), GOOD_LUA)
end

tool.write("a.c", "int main(void) { return 0; }\n")
tool.write("nomain.c", "int helper(void) { return 0; }\n")
tool.write("b.lua", "print('b')\n")
tool.write("broken.lua", "local x = = 1\n")
tool.run("mkdir folder.c")

local FIELDS = "args, cflags, core, env, heap, language, libs, main, sources, stack"
local NAME = "a lower-case letter, then up to 30 lower-case letters, digits or _"
local C = 'component "a": field '

expect("a missing name and missing cores are both reported", "component \"a\" { " .. GOOD_C .. " }\n", {
	"1: field cores: got nothing, expected a number from 1 to 32",
	"1: field name: got nothing, expected " .. NAME,
})
expect("an image without components is refused", 'name = "x"\ncores = 1\n', {
	"1: got no component, expected at least one",
})
expect("a name that is no identifier is refused", 'name = "../x"\ncores = 2\n' .. two(GOOD_C, GOOD_LUA):match("component.*"), {
	'1: field name: got "../x" (string), expected ' .. NAME,
})
expect("an unknown global is refused in its line", "nmae = \"x\"\n" .. two(GOOD_C, GOOD_LUA), {
	"1: field nmae: unknown; expected name or cores",
})
expect("an unknown field is refused", one("haep = 1"), {
	"3: " .. C .. "haep: unknown; expected one of " .. FIELDS,
})
expect("a field is reported in its own line", 'name = "x"\ncores = 1\ncomponent "a" {\n\tlanguage = "c",\n'
	.. '\tsources = { "a.c" }, -- heap = 1\n\tcore = 0,\n\theap = "8X",\n}\n', {
	'7: ' .. C .. 'heap: got "8X" (string), expected a size such as 8M, from 4M to 16G',
})
expect("an entry without a name is refused", one('"stray"'), {
	'3: component "a": got an entry without a name, "stray" (string); expected NAME = VALUE',
})
expect("a component without a table is refused", two(GOOD_C, GOOD_LUA, 'component "c"'), {
	"5: more components than cores allow: got 3 components, expected at most 2: one component a core",
	'5: component "c": got nothing, expected a table { ... } behind the name',
})
expect("a component called with something else is refused", two(GOOD_C, GOOD_LUA, 'component "c" "d"'), {
	"5: more components than cores allow: got 3 components, expected at most 2: one component a core",
	'5: component "c": got "d" (string), expected a table { ... } behind the name',
})
expect("an unknown language is refused", instead("language", 'language = "ocaml"'), {
	'3: ' .. C .. 'language: got "ocaml" (string), expected "c" or "lua"',
})
expect("a missing language is reported", instead("language", "stack = 65536"), {
	'3: ' .. C .. 'language: got nothing, expected "c" or "lua"',
})
expect("a missing heap and core are both reported", two('language = "c", sources = { "a.c" }', GOOD_LUA), {
	"3: " .. C .. "core: got nothing, expected a core's number from 0 to 31",
	"3: " .. C .. "heap: got nothing, expected a size such as 8M, from 4M to 16G",
})
expect("a heap of a broken super-page is refused with the nearest sizes", instead("heap", 'heap = "5M"'), {
	'3: ' .. C .. 'heap: got "5M" (string), expected whole 2M: 4M or 6M',
})
expect("a heap that is too small is refused", instead("heap", "heap = 4096"), {
	"3: " .. C .. "heap: got 4096 (number), expected a size from 4M to 16G",
})
expect("a heap that is larger than its window is refused", instead("heap", 'heap = "17G"'), {
	'3: ' .. C .. 'heap: got "17G" (string), expected a size from 4M to 16G',
})
expect("a fraction is no size", instead("heap", "heap = 8388608.5"), {
	"3: " .. C .. "heap: got 8388608.5 (number), expected a size such as 8M, from 4M to 16G",
})
expect("a stack of a broken page is refused", one("stack = 20000"), {
	"3: " .. C .. "stack: got 20000 (number), expected whole 4K: 16K or 20K",
})
expect("a core that the image has not is refused", instead("core", "core = 2"), {
	"3: " .. C .. "core: got 2, expected less than cores, which is 2",
})
expect("two components on one core are refused", instead("core", "core = 1"), {
	'4: component "b": field core: got 1, which component "a" has; expected a core of its own: one component a core',
})
expect("cores out of range are refused", 'name = "x"\ncores = 33\n' .. two(GOOD_C, GOOD_LUA):match("component.*"), {
	"2: field cores: got 33 (number), expected a number from 1 to 32",
})
expect("a missing source is refused", two('language = "c", sources = { "no.c" }, core = 0, heap = "8M"', GOOD_LUA), {
	'3: ' .. C .. 'sources: got "no.c" (string), expected a file; no.c: No such file or directory',
})
expect("a folder is no source", two('language = "c", sources = { "folder.c" }, core = 0, heap = "8M"', GOOD_LUA), {
	'3: ' .. C .. 'sources: got "folder.c" (string), expected a file; folder.c is none',
})
expect("a source in another language is refused",
	two('language = "c", sources = { "b.lua" }, core = 0, heap = "8M"', GOOD_LUA), {
	'3: ' .. C .. 'sources: got "b.lua" (string), expected a C source, NAME.c',
})
expect("a list with a hole is refused", one("args = { 'x', nil, 'y' }"), {
	"3: " .. C .. "args: got a table, expected a list of strings without holes or named entries",
})
expect("a list of something else is refused", one("args = { 'x', 7 }"), {
	"3: " .. C .. "args: got a table, expected a list of strings: entry 2 is 7 (number), not a string without NUL bytes",
})
expect("an empty list of sources is refused", two('language = "c", sources = {}, core = 0, heap = "8M"', GOOD_LUA), {
	"3: " .. C .. "sources: got a table, expected at least one entry",
})
expect("an environment name with = is refused", one("env = { ['A=B'] = 'c' }"), {
	'3: ' .. C .. 'env: got a table, expected names of letters, digits and _: "A=B" (string) is none',
})
expect("an environment value that is no string is refused", one("env = { A = 1 }"), {
	"3: " .. C .. "env: got a table, expected strings without NUL bytes: A is 1 (number)",
})
expect("a field of another language is refused", one('main = "b.lua"'), {
	'3: ' .. C .. 'main: got "b.lua" (string), expected none in the language "c"',
})
expect("a Lua script that is none is refused with its own line",
	two(GOOD_C, 'language = "lua", main = "broken.lua", core = 1, heap = "8M"'), {
	"4: component \"b\": field main: broken.lua:1: unexpected symbol near '='; expected a Lua script",
})
expect("a component named twice is refused", 'name = "x"\ncores = 2\ncomponent "a" { ' .. GOOD_C
	.. ' }\ncomponent "a" { ' .. GOOD_LUA .. " }\n", {
	'4: component "a": named twice, first in line 3; expected another name',
})
expect("the container's name is refused", 'name = "x"\ncores = 1\ncomponent "container" { ' .. GOOD_C .. " }\n", {
	"3: component \"container\": the name is the container's own; expected another",
})
expect("a component's name with other letters is refused", 'name = "x"\ncores = 1\ncomponent "A-b" { ' .. GOOD_C .. " }\n", {
	'3: component: got the name "A-b" (string), expected ' .. NAME,
})
expect("a channel to nobody is refused", two(GOOD_C, GOOD_LUA, 'channel "w" { from = "a", to = "c" }'), {
	'5: channel "w": field to: got "c" (string), expected the name of a component: a, b',
})
expect("a channel to oneself is refused", two(GOOD_C, GOOD_LUA, 'channel "w" { from = "a", to = "a" }'), {
	'5: channel "w": field to: got "a" again, expected another component than in from',
})
expect("a channel whose size is no power of two is refused",
	two(GOOD_C, GOOD_LUA, 'channel "w" { from = "a", to = "b", size = "3M" }'), {
	'5: channel "w": field size: got "3M" (string), expected a power of two from 4K to 64M',
})
expect("a channel that is too large is refused",
	two(GOOD_C, GOOD_LUA, 'channel "w" { from = "a", to = "b", size = "128M" }'), {
	'5: channel "w": field size: got "128M" (string), expected a size from 4K to 64M',
})
expect("a channel named twice is refused", two(GOOD_C, GOOD_LUA,
	'channel "w" { from = "a", to = "b" }\nchannel "w" { from = "b", to = "a" }'), {
	'6: channel "w": named twice, first in line 5; expected another name',
})
expect("channels that are more than their region are refused", two(GOOD_C, GOOD_LUA,
	'for i = 1, 600 do channel("w" .. i) { from = "a", to = "b", size = "64M" } end'), {
	"5: got channels of 80530944000 bytes, expected at most 64G in all",
})
expect("a name that nobody defines is refused", two(GOOD_C, GOOD_LUA, 'componnt "c" {}'), {
	"5: unknown name componnt; expected name, cores, component or channel",
})
expect("a component without a name is refused", two(GOOD_C, GOOD_LUA, "component { core = 1 }"), {
	'5: component: got a table, expected a name, as in component "x" { ... }',
})
expect("a syntax error is reported in its line", "name = \n= 3\n", { "2: unexpected symbol near '='" })
expect("C without a main is refused", two('language = "c", sources = { "nomain.c" }, core = 0, heap = "8M"', GOOD_LUA), {
	'3: ' .. C .. 'sources: found no function main, expected int main(int argc, char **argv) in one of them',
})

expect_refused("an endless loop ends", "while true do end", "still running after 2 s")
expect_refused("endless recursion ends", "local function f() return 1 + f() end\nf()", "service.lua:1: ")
expect_refused("an endless string ends", "local s = 'x'\nwhile true do s = s .. s end", "not enough memory")
expect_refused("an endless table ends", "local t = {}\nwhile true do t[#t + 1] = {} end", "not enough memory")
expect_refused("a huge repetition ends", "local s = ('x'):rep(1 << 40)", "string too long")
expect_refused("an endless empty repetition ends", "local s = string.rep('', 1 << 60)", "string too long")
expect_refused("a pattern that takes for ever is not there",
	"local s = ('a'):rep(100000):find('.-.-.-.-b')", "attempt to call a nil value")
expect_refused("files are out of reach", "local f = io.open('/etc/passwd')", "unknown name io")
expect_refused("modules are out of reach", "require 'files'", "unknown name require")
expect_refused("bytecode is no manifest", string.dump(function() end), "attempt to load a binary chunk")
expect_refused("an odd name does no harm", two(GOOD_C, GOOD_LUA, "component('\\0\\n%s') { ['%d\\n'] = 1 }"),
	"got the name")
expect_refused("deep nesting does no harm", "local x = " .. ("("):rep(10000), "C stack overflow")
expect_refused("an empty manifest is refused", "", "got nothing")

tool.finish()
