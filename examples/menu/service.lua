-- SPDX-License-Identifier: MIT
-- A Lua component with modules of its own, a library in C and a bundled file.
name = "menu"
cores = 1

component "cook" {
	language = "lua",
	main = "cook.lua",
	modules = { "kitchen/price.lua" }, -- require("kitchen.price")
	libs = { "cjson" }, -- liblua5.4-cjson.a, of the package lua-cjson-dev
	files = { "menu.json" }, -- io.open("menu.json")
	core = 0,
	heap = "4M",
}
