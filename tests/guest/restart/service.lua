-- SPDX-License-Identifier: MIT
-- A component in C and one in Lua that end a thousand times, and one that counts
-- what is left behind. All on one core.
name = "restart"
cores = 1
decides = "gauge"

component "mayfly" {
	language = "c",
	sources = { "mayfly.c" },
	core = 0,
	heap = "4M",
	restart = "always",
	restart_limit = 1000,
	restart_delay = 0,
}

component "cicada" {
	language = "lua",
	main = "cicada.lua",
	core = 0,
	heap = "4M",
	restart = "always",
	restart_limit = 1000,
	restart_delay = 0,
}

component "gauge" { language = "c", sources = { "gauge.c" }, core = 0, heap = "2M" }
