-- SPDX-License-Identifier: MIT
-- A server that fails again and again, and a client that connects to each of its lives.
name = "reconnect"
cores = 2

component "server" {
	language = "c", sources = { "server.c" }, core = 0, heap = "4M",
	restart = "on-failure", restart_delay = 0,
}
component "client" { language = "c", sources = { "client.c" }, core = 1, heap = "4M" }
channel "work" { from = "client", to = "server", size = "4K" }
