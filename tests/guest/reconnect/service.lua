-- SPDX-License-Identifier: MIT
-- A server that fails again and again, and a client that connects to each of its
-- lives; one in C, one in Lua.
name = "reconnect"
cores = 2

component "server" {
	language = "c", sources = { "server.c" }, args = { "work" }, core = 0, heap = "4M",
	restart = "on-failure", restart_limit = 1000, restart_delay = 0,
}
component "client" { language = "c", sources = { "client.c" }, core = 1, heap = "4M" }
channel "work" { from = "client", to = "server", size = "4K" }

component "waiter" {
	language = "c", sources = { "server.c" }, args = { "toil" }, core = 1, heap = "4M",
	restart = "on-failure", restart_limit = 1000, restart_delay = 0,
}
component "guest" { language = "lua", main = "guest.lua", core = 0, heap = "4M" }
channel "toil" { from = "guest", to = "waiter", size = "4K" }
