-- SPDX-License-Identifier: MIT
-- Contracts that the packer refuses, and why: `lua5.4 test_contract_manifest.lua ATOLL`.

local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "?.lua;" .. package.path
local case = require("contract_case")
local tap = require("tap")
local tool = require("tool")

local service = case.service

local function refused(title, contract, text)
	tap.case(title, function()
		service(contract)
		local out, status = tool.call("build service.lua")
		tap.equal(out, "atoll: service.lua:" .. text .. "\n")
		tap.equal(status, tool.FAILED)
	end)
end

tool.write("a.c", "int main(void) { return 0; }\n")
tool.write("b.lua", "")
local M = 'channel "talk": field messages: '
local O = 'channel "talk": field order: '

refused("messages are a table", 'messages = "x"', '6: ' .. M .. 'got "x" (string), expected a table')
refused("a contract has messages", "messages = {}", "6: " .. M .. "got 0, expected 1 to 256")
refused("an order needs messages", "order = {}", "6: " .. O .. "got a table, expected none where there are no messages")
refused("a message comes from one of the ends", 'messages = { m = { from = "c", fields = {} } }',
	"6: " .. M .. 'message m: from: got "c" (string), expected "a" or "b"')
refused("a field has a name and a type", 'messages = { m = { from = "a", fields = { { "x" } } } }', "6: " .. M
	.. "message m: field 1 x: got the type nothing, expected one of bool, f32, f64, i16, i32, i64, i8, string, u16, u32, u64, u8")
refused("a string has a limit", 'messages = { m = { from = "a", fields = { { "x", "string" } } } }',
	"6: " .. M .. "message m: field 1 x: max: got nothing, expected a size such as 8M, from 1 to 2040")
refused("a field is no word of C", 'messages = { m = { from = "a", fields = { { "int", "u8" } } } }',
	"6: " .. M .. 'message m: field 1: got the name "int", expected one that is no word of C')
refused("a message is called as nothing in its header is",
	'messages = { kind = { from = "a", fields = {} }, message = { from = "a", fields = {} } }',
	"6: " .. M .. 'message: got the name "kind", expected another: the header has a kind of its own\n'
	.. "atoll: service.lua:6: " .. M .. 'message: got the name "message", expected another: the header has a message of its own')
refused("an order beside wrong messages is not said to be without any", 'messages = "x", order = {}',
	"6: " .. M .. 'got "x" (string), expected a table')
refused("a field is no macro of C", 'messages = { m = { from = "a", fields = { { "errno", "u8" } } } }',
	"6: " .. M .. 'message m: field 1: got the name "errno", expected one that is no word of C')
refused("a field is there once", 'messages = { m = { from = "a", fields = { { "x", "u8" }, { "x", "u8" } } } }',
	"6: " .. M .. 'message m: field 2: got "x" twice, expected another name')
refused("a message fits the ring",
	'messages = { m = { from = "a", fields = { { "x", "string", max = 2000 }, { "y", "string", max = 2000 } } } }',
	"6: " .. M .. "message m: got up to 4012 bytes, expected at most 2040 in a ring of 4K")
refused("a state leads to a state", 'messages = { m = { from = "a", fields = {} } }, order = { start = { m = "end" } }',
	"6: " .. O .. 'start: m leads to "end" (string), expected a state\'s name')
refused("in a state one side sends", 'messages = { m = { from = "a", fields = {} }, n = { from = "b", fields = {} } },'
	.. 'order = { start = { m = "start", n = "start" } }',
	"6: " .. O .. "start: got messages of both sides, expected those of one")
refused("there is a state to start in", 'messages = { m = { from = "a", fields = {} } }, order = { x = { m = "x" } }',
	"6: " .. O .. "got 1 states, expected start among at most 256")

-- A channel by that name, whose contract goes by it in a and b.
local function named(title, name, text)
	tap.case(title, function()
		service('messages = { m = { from = "a", fields = {} } }')
		tool.write("service.lua", (tool.read("service.lua"):gsub('channel "talk"', ('channel "%s"'):format(name))))
		tool.write("a.c", "int main(void) { return 0; }\n")
		tool.write("b.lua", "")
		local out, status = tool.call("build -o out service.lua")
		tap.equal(out, text)
		tap.equal(status, tool.FAILED)
	end)
end

named("a contract is no library of Lua's", "table", 'atoll: service.lua:5: channel "table": its contract would go by the name "table"'
	.. ' in component "b", as a library of Lua\'s does; expected another name\n')
named("a contract is no header of C's", "locale", 'atoll: service.lua:3: component "a": its contract locale would be the header'
	.. " locale.h, as /usr/include/locale.h is; expected another name\n")

named("a contract is not all channels", "channel", 'atoll: service.lua:3: component "a": its contract channel would have'
	.. " functions of ipc/channel.h; expected another name\n")

tap.case("a header of a contract that is no more is not found", function()
	service('messages = { m = { from = "a", fields = {} } }')
	tool.write("b.lua", "")
	tool.write("a.c", "#include <talk.h>\nint main(void) { return 0; }\n")
	tap.equal(select(2, tool.call("build -o out service.lua")), 0)
	tool.write("service.lua", (tool.read("service.lua"):gsub('channel "talk"', 'channel "chat"')))
	local out, status = tool.call("build -o out service.lua")
	tap.contains(out, "talk.h")
	tap.equal(status, tool.FAILED)
end)

tool.finish()
