-- SPDX-License-Identifier: MIT
-- A C and a Lua component exchange messages of all sizes, sleep for each other,
-- and learn why the other has gone.
name = "channel"
cores = 2

component "client" { language = "c", sources = { "client.c" }, core = 0, heap = "8M" }
component "server" { language = "lua", main = "server.lua", core = 1, heap = "8M" }
channel "echo" { from = "client", to = "server", size = "64K" }
channel "doomed" { from = "client", to = "server", size = "4K" }
