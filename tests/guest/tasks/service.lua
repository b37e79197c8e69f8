-- SPDX-License-Identifier: MIT
-- A component in Lua that waits for two peers and a clock at once, on one core with them.
name = "tasks"
cores = 1

component "keeper" { language = "lua", main = "keeper.lua", core = 0, heap = "4M" }
component "fast" { language = "lua", main = "peer.lua", core = 0, heap = "4M", args = { "fast", "20", "0.002" } }
component "slow" { language = "c", sources = { "slow.c" }, core = 0, heap = "4M" }

channel "fast" { from = "fast", to = "keeper", size = "4K" }
channel "slow" { from = "slow", to = "keeper", size = "4K" }
