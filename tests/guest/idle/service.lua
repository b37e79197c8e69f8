-- SPDX-License-Identifier: MIT
-- Memory that a component has freed goes back while it waits, in C and in Lua.
name = "idle"
cores = 1

component "sleeper" { language = "c", sources = { "sleeper.c" }, core = 0, heap = "16M" }
component "lodger" { language = "lua", main = "lodger.lua", core = 0, heap = "16M" }
channel "talk" { from = "sleeper", to = "lodger", size = "4K" }
