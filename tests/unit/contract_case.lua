-- SPDX-License-Identifier: MIT
-- What the tests of contracts share: contracts, their bytes, and components "a" in C and
-- "b" in Lua that have one on the channel "talk".

local tap = require("tap")
local tool = require("tool")

local case = {}

case.ALL = [[
	messages = {
		all = { from = "a", fields = {
			{ "b", "u8" }, { "h", "u16" }, { "w", "u32" }, { "l", "u64" },
			{ "sb", "i8" }, { "sh", "i16" }, { "sw", "i32" }, { "sl", "i64" },
			{ "name", "string", max = 8 }, { "f", "f32" }, { "d", "f64" }, { "yes", "bool" },
			{ "text", "string", max = "1K" } } },
		none = { from = "a", fields = {} },
		answer = { from = "b", fields = { { "n", "u32" }, { "text", "string", max = 4 } } },
	},
]]

-- As the layout in container/tool/contract.lua has it, by hand; the tags from another FNV-1a.
case.GOLDEN = "b6012e01" .. "ff" .. "0201" .. "04030201" .. "efcdab8967452301" .. "ff" .. "feff" .. "fdffffff"
	.. "fcffffffffffffff" .. "02000000" .. "0000c03f" .. "00000000000004c0" .. "01" .. "03000000"
	.. "6869" .. "610062"

case.ANSWER = "efafb00a" .. "2a000000" .. "02000000" .. "6f6b"

-- Each side in its turn.
case.ORDER = case.ALL .. [[ order = { start = { none = "asked" }, asked = { answer = "start" } }, ]]

-- The manifest, with the channel of that contract.
function case.service(contract)
	tool.write("service.lua", ([[
name = "pact"
cores = 1
component "a" { language = "c", sources = { "a.c" }, core = 0, heap = "4M" }
component "b" { language = "lua", main = "b.lua", core = 0, heap = "4M" }
channel "talk" { from = "a", to = "b", size = "4K",
%s
}
]]):format(contract))
end

-- Packs both components and runs them; what they print, in no order, is sorted by lines.
function case.expect(title, contract, c, lua, lines)
	tap.case(title, function()
		case.service(contract)
		tool.write("a.c", "#include <talk.h>\n#include <stdio.h>\n#include <stdlib.h>\n" .. c)
		tool.write("b.lua", lua)
		local text, status = tool.call("build -o out service.lua")
		tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
		tap.equal(status, 0)
		text, status = tool.run("./out/pact.elf")
		local found = {}
		for line in text:gmatch("[^\n]+") do
			found[#found + 1] = line
		end
		table.sort(found)
		table.sort(lines)
		tap.equal(table.concat(found, "\n"), table.concat(lines, "\n"))
		tap.equal(status, 0)
	end)
end

return case
