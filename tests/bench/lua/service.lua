-- SPDX-License-Identifier: MIT
-- Lua to Lua across two cores; beside them what Lua itself costs on each of the two, and C to C.
name = "talk"
cores = 2
decides = "near"

local lua = { "-I/usr/include/lua5.4" }

component "near" { language = "lua", main = "near.lua", core = 0, heap = "32M" }
component "far" { language = "lua", main = "far.lua", core = 1, heap = "32M" }
component "costs_near" { language = "c", sources = { "costs.c" }, core = 0, heap = "32M", args = { "near" }, cflags = lua }
component "costs_far" { language = "c", sources = { "costs.c" }, core = 1, heap = "32M", args = { "far" }, cflags = lua }
component "ping" { language = "c", sources = { "ping.c" }, core = 0, heap = "4M" }
component "pong" { language = "c", sources = { "pong.c" }, core = 1, heap = "4M" }

channel "talk" { from = "near", to = "far", size = "1M" }
channel "call_strings" { from = "near", to = "far", size = "64K" }
channel "call_values" { from = "near", to = "far", size = "64K" }
channel "trip" { from = "ping", to = "pong", size = "1M" }
channel "trips" { from = "near", to = "ping", size = "64K" }
channel "costs_near" { from = "near", to = "costs_near", size = "64K" }
channel "costs_far" { from = "near", to = "costs_far", size = "64K" }
