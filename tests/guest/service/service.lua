-- SPDX-License-Identifier: MIT
-- Services: one in C that dies now and then, with a client in C and one in Lua; one
-- that a component has with itself; one through which all say that they are done.
name = "service"
cores = 2
decides = "caller"

component "desk" {
	language = "c", sources = { "desk.c" }, core = 0, heap = "4M",
	restart = "on-failure", restart_limit = 100, restart_delay = 0,
}
component "caller" { language = "c", sources = { "caller.c" }, core = 1, heap = "4M" }
component "script" { language = "lua", main = "script.lua", core = 1, heap = "4M" }
component "loop" { language = "lua", main = "loop.lua", core = 0, heap = "4M" }

service "desk" { server = "desk", clients = { "caller", "script" }, connections = 3, per_client = 2, size = "4K" }
service "loop" { server = "loop", clients = { "loop" }, connections = 4, size = "4K" }
service "done" { server = "caller", clients = { "script", "loop" }, connections = 2, size = "4K" }
