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

local FIELDS = "args, bytecode, cflags, core, env, files, heap, language, libs, main, modules, restart, "
	.. "restart_delay, restart_limit, sources, stack"
local GLOBALS = "cores, decides, grace, name"
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
	"1: field nmae: unknown; expected one of " .. GLOBALS,
})
expect("an unknown field is refused", one("haep = 1"), {
	"3: " .. C .. "haep: unknown; expected one of " .. FIELDS,
})
expect("a field is reported in its own line", 'name = "x"\ncores = 1\ncomponent "a" {\n\tlanguage = "c",\n'
	.. '\tsources = { "a.c" }, -- heap = 1\n\tcore = 0,\n\theap = "8X",\n}\n', {
	'7: ' .. C .. 'heap: got "8X" (string), expected a size such as 8M, from 2M to 16G',
})
expect("an entry without a name is refused", one('"stray"'), {
	'3: component "a": got an entry without a name, "stray" (string); expected NAME = VALUE',
})
expect("a component without a table is refused", two(GOOD_C, GOOD_LUA, 'component "c"'), {
	'5: component "c": got nothing, expected a table { ... } behind the name',
})
expect("a component called with something else is refused", two(GOOD_C, GOOD_LUA, 'component "c" "d"'), {
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
	"3: " .. C .. "heap: got nothing, expected a size such as 8M, from 2M to 16G",
})
expect("a heap of a broken super-page is refused with the nearest sizes", instead("heap", 'heap = "5M"'), {
	'3: ' .. C .. 'heap: got "5M" (string), expected whole 2M: 4M or 6M',
})
expect("a heap that is too small is refused", instead("heap", "heap = 4096"), {
	"3: " .. C .. "heap: got 4096 (number), expected a size from 2M to 16G",
})
expect("a heap that is larger than its window is refused", instead("heap", 'heap = "17G"'), {
	'3: ' .. C .. 'heap: got "17G" (string), expected a size from 2M to 16G',
})
expect("a fraction is no size", instead("heap", "heap = 8388608.5"), {
	"3: " .. C .. "heap: got 8388608.5 (number), expected a size such as 8M, from 2M to 16G",
})
expect("a stack of a broken page is refused", one("stack = 20000"), {
	"3: " .. C .. "stack: got 20000 (number), expected whole 4K: 16K or 20K",
})
expect("a core that the image has not is refused", instead("core", "core = 2"), {
	"3: " .. C .. "core: got 2, expected less than cores, which is 2",
})
expect("more components than there are heaps are refused", two(GOOD_C, GOOD_LUA,
	"for i = 1, 31 do component('c' .. i) { " .. GOOD_C .. " } end"), {
	"5: got 33 components, expected at most 32",
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
local function lua(fields)
	return two(GOOD_C, GOOD_LUA .. ", " .. fields)
end

local L = 'component "b": field '

expect("an unknown restart policy is refused", one('restart = "sometimes"'), {
	"3: " .. C .. 'restart: got "sometimes" (string), expected "never", "on-failure" or "always"',
})
expect("a negative limit of restarts is refused", one('restart = "always", restart_limit = -1'), {
	"3: " .. C .. "restart_limit: got -1 (number), expected a number from 0 to 4294967295",
})
expect("a delay that is no number is refused", one('restart = "always", restart_delay = "1s"'), {
	"3: " .. C .. 'restart_delay: got "1s" (string), expected seconds from 0 to 3600',
})
expect("a delay that is not a number after all is refused", one('restart = "always", restart_delay = 0/0'), {
	"3: " .. C .. "restart_delay: got " .. tostring(0/0) .. " (number), expected seconds from 0 to 3600",
})
expect("a limit of what never happens is refused", one("restart_limit = 3"), {
	"3: " .. C .. 'restart_limit: got 3 (number), expected none where restart is "never"',
})
expect("a grace period of days is refused in its line", "grace = 86400\n" .. two(GOOD_C, GOOD_LUA), {
	"1: field grace: got 86400 (number), expected seconds from 0 to 3600",
})
expect("a decider that is no component is refused in its line", two(GOOD_C, GOOD_LUA, 'decides = "c"'), {
	'5: field decides: got "c" (string), expected the name of a component: a, b',
})
expect("bytecode is yes or no", lua('bytecode = "yes"'), {
	"4: " .. L .. 'bytecode: got "yes" (string), expected true or false',
})
expect("bytecode is a field of Lua's", one("bytecode = true"), {
	"3: " .. C .. 'bytecode: got true (boolean), expected none in the language "c"',
})
expect("modules are a field of Lua's", one('modules = { "b.lua" }'), {
	"3: " .. C .. 'modules: got a table, expected none in the language "c"',
})
expect("a missing module is refused", lua('modules = { "sub/no.lua" }'), {
	"4: " .. L .. 'modules: got "sub/no.lua" (string), expected a file; sub/no.lua: No such file or directory',
})
expect("a module that is no Lua is refused with its own line", lua('modules = { "broken.lua" }'), {
	"4: " .. L .. "modules: broken.lua:1: unexpected symbol near '='; expected a Lua script",
})
expect("a module elsewhere needs a name", lua('modules = { "../up.lua" }'), {
	"4: " .. L .. 'modules: got "../up.lua" (string), expected a path below the manifest\'s, FOLDER/NAME.lua,'
		.. ' or a name before it: ["name"] = path',
	"4: " .. L .. 'modules: got "../up.lua" (string), expected a file; ../up.lua: No such file or directory',
})
expect("two modules of one name are refused", lua('modules = { "b.lua", b = "b.lua" }'), {
	"4: " .. L .. 'modules: got "b.lua" (string), a second module b; expected another name',
})
expect("a list of paths with a hole is refused", lua('modules = { "b.lua", [3] = "b.lua" }'), {
	"4: " .. L .. "modules: got a table, expected a list of paths without holes",
})
expect("an empty path is refused", one('files = { "" }'), {
	"3: " .. C .. 'files: got a table, expected a list of paths: entry 1 is "" (string), not a path',
})
expect("a missing file is refused", one('files = { "no.txt" }'), {
	"3: " .. C .. 'files: got "no.txt" (string), expected a file or a folder; no.txt: No such file or directory',
})
expect("a device is no file", one('files = { "/dev/null" }'), {
	"3: " .. C .. 'files: got "/dev/null" (string), expected a file or a folder; /dev/null is neither',
})
expect("a file bundled twice is refused", one('files = { "a.c", "./a.c" }'), {
	"3: " .. C .. 'files: got the file "a.c" (string) twice, expected another name',
})
tool.run("mkdir loop && ln -s . loop/again")
tap.case("a folder that holds itself is refused", function()
	local text, status = pack(one('files = { "loop" }'))
	tap.equal(status, tool.FAILED)
	tap.contains(text, "expected folders at most 16 deep")
end)
expect("a library's name is no path", one('libs = { "../x" }'), {
	"3: " .. C .. "libs: got a table, expected a list of libraries: entry 1 is \"../x\" (string), "
		.. "not a library's name, such as m for libm.a",
})
expect("a library that is not there is named with its package", one('libs = { "nonesuch" }'), {
	"3: " .. C .. 'libs: got "nonesuch", expected the name of a static library: there is no libnonesuch.a; '
		.. "Debian may have it in the package libnonesuch-dev",
})
expect("a library for Lua that is not there is named with its package", lua('libs = { "nonesuch" }'), {
	"4: " .. L .. 'libs: got "nonesuch", expected the name of a static library: there is no liblua5.4-nonesuch.a; '
		.. "Debian may have it in the package lua-nonesuch-dev",
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
local function service(fields)
	return two(GOOD_C, GOOD_LUA, ('service "w" { %s }'):format(fields))
end

expect("a service without a server or clients is refused", service(""), {
	'5: service "w": field clients: got nothing, expected a list of names of components',
	'5: service "w": field server: got nothing, expected a lower-case letter, then up to 30 lower-case letters, digits or _',
})
expect("a service of nobody and for nobody is refused", service('server = "c", clients = { "a", "d" }'), {
	'5: service "w": field server: got "c" (string), expected the name of a component: a, b',
	'5: service "w": field clients: got "d" (string), expected the name of a component: a, b',
})
expect("a service for no client is refused", service('server = "a", clients = {}'), {
	'5: service "w": field clients: got a table, expected at least one entry',
})
expect("a service that has a client twice is refused", service('server = "a", clients = { "b", "a", "b" }'), {
	'5: service "w": field clients: got "b" twice, expected each component once',
})
expect_refused("a service with a million clients is refused", two(GOOD_C, GOOD_LUA, [[
	local clients = {}
	for i = 1, 1100000 do clients[i] = "b" end
	service "w" { server = "a", clients = clients }]]), 'field clients: got "b" twice, expected each component once')
expect_refused("thirty thousand components are refused", 'name = "test" cores = 1\nfor i = 1, 30000 do component("x" .. i) {} end\n',
	"got 30000 components, expected at most 32")
expect("a service with no connection, or too many, is refused",
	two(GOOD_C, GOOD_LUA, 'service "w" { server = "a", clients = { "b" }, connections = 0 }\n'
		.. 'service "v" { server = "a", clients = { "b" }, connections = 1025 }'), {
	'5: service "w": field connections: got 0 (number), expected a number from 1 to 1024',
	'6: service "v": field connections: got 1025 (number), expected a number from 1 to 1024',
})
expect("a client's share of more than all is refused",
	service('server = "a", clients = { "b" }, connections = 4, per_client = 5'), {
	'5: service "w": field per_client: got 5, expected at most connections, which is 4',
})
expect("a service's ring that is no ring is refused", service('server = "a", clients = { "b" }, size = "5K"'), {
	'5: service "w": field size: got "5K" (string), expected a power of two from 4K to 64M',
})
expect("a field that a service has not is refused", service('server = "a", clients = { "b" }, from = "a"'), {
	'5: service "w": field from: unknown; expected one of clients, connections, messages, order, per_client, server, size',
})
expect("a service that goes by a channel's name is refused", two(GOOD_C, GOOD_LUA,
	'channel "w" { from = "a", to = "b" }\nservice "w" { server = "a", clients = { "b" } }'), {
	'6: service "w": named twice, first in line 5; expected another name',
})
expect("services and channels that are more than their region are refused", two(GOOD_C, GOOD_LUA,
	'channel "w" { from = "a", to = "b" }\nservice "v" { server = "a", clients = { "b" }, connections = 600, size = "64M" }'), {
	"5: got channels of 80531622656 bytes, expected at most 64G in all",
})
expect("messages of a service are the client's or the server's",
	service('server = "a", clients = { "b" }, messages = { ask = { from = "b", fields = {} } }'), {
	'5: service "w": field messages: message ask: from: got "b" (string), expected "client" or "server"',
})
expect("an order without messages is refused for services too", service('server = "a", clients = { "b" }, order = {}'), {
	'5: service "w": field order: got a table, expected none where there are no messages',
})
expect("two contracts of one name are refused", two(GOOD_C, GOOD_LUA,
	'channel "w_client" { from = "a", to = "b", messages = { m = { from = "a", fields = {} } } }\n'
		.. 'service "w" { server = "a", clients = { "b" }, messages = { m = { from = "client", fields = {} } } }'), {
	'6: service "w": its contract would go by the name "w_client" in component "b", as another does; expected another name',
})
expect("channels that are more than their region are refused", two(GOOD_C, GOOD_LUA,
	'for i = 1, 600 do channel("w" .. i) { from = "a", to = "b", size = "64M" } end'), {
	"5: got channels of 80531097600 bytes, expected at most 64G in all",
})
expect("a name that nobody defines is refused", two(GOOD_C, GOOD_LUA, 'componnt "c" {}'), {
	"5: unknown name componnt; expected " .. GLOBALS .. ", component, channel or service",
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
