-- SPDX-License-Identifier: MIT
-- The smallest service: a C component talks to a Lua component.
name = "greeting"
cores = 2

component "asker" { language = "c", sources = { "asker.c" }, core = 0, heap = "4M" }
component "greeter" { language = "lua", main = "greeter.lua", core = 1, heap = "4M" }

channel "talk" { from = "asker", to = "greeter", size = "64K" }
