-- SPDX-License-Identifier: MIT
-- What Lua's library and Debian's modules in C answer, as a transcript: from a
-- script in text, and then from the same one in bytecode.
name = "lualib"
cores = 2

local modules = { "report.lua", "sub/init.lua", "sub/deep/leaf.lua", "broken.lua" }
modules.short = "sub/long_name.lua"
local files = { "poem.txt", "extra/greet.lua", "empty" }

component "text" {
	language = "lua", main = "library.lua", core = 0, heap = "8M",
	modules = modules, libs = { "cjson", "lpeg" }, files = files,
	args = { "one", "two words" }, env = { COLOUR = "red" },
}
component "compiled" {
	language = "lua", main = "library.lua", core = 1, heap = "8M",
	modules = modules, libs = { "cjson", "lpeg" }, files = files, bytecode = true,
	args = { "one", "two words" }, env = { COLOUR = "red" },
}
channel "turn" { from = "text", to = "compiled", size = "4K" }
