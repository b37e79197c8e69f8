-- SPDX-License-Identifier: MIT
-- Lua components that are asked to stop: in the middle of a loop, while they
-- wait for a message, and one that does not listen.
name = "asked"
cores = 2
grace = 1

component "spinner" { language = "lua", main = "spinner.lua", core = 0, heap = "4M" }
component "listener" { language = "lua", main = "listener.lua", core = 1, heap = "4M" }
component "deaf" { language = "lua", main = "deaf.lua", core = 1, heap = "4M" }
channel "news" { from = "deaf", to = "listener", size = "4K" }
