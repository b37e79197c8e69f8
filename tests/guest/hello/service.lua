-- SPDX-License-Identifier: MIT
-- Arguments, environment and exit status of a C and a Lua component.
name = "hello"
cores = 2

component "greeter" {
	language = "c",
	sources = { "greeter.c" },
	core = 0,
	heap = "4M",
	args = { "one", "two words" },
	env = { COLOUR = "green" },
}

component "parrot" {
	language = "lua",
	main = "parrot.lua",
	core = 1,
	heap = "4M",
	args = { "uno" },
	env = { COLOUR = "red" },
}
