-- SPDX-License-Identifier: MIT
-- Never ends: one component waits for ever, the other never waits.
name = "hang"
cores = 2

component "sleeper" { language = "lua", main = "sleeper.lua", core = 0, heap = "4M" }
component "spinner" { language = "lua", main = "spinner.lua", core = 1, heap = "4M" }
channel "silence" { from = "spinner", to = "sleeper", size = "64K" }
