-- SPDX-License-Identifier: MIT
-- Everything that can wait waits, on a core of its own; the meter looks on.
name = "quiet"
cores = 2
decides = "meter"

component "meter" { language = "c", sources = { "meter.c", "meter_host.c", "meter_guest.c" }, core = 0, heap = "2M" }

component "receiver" { language = "c", sources = { "waits.c" }, args = { "receiver" }, core = 1, heap = "2M" }
component "sender" { language = "c", sources = { "waits.c" }, args = { "sender" }, core = 1, heap = "2M" }
component "set" { language = "c", sources = { "waits.c" }, args = { "set" }, core = 1, heap = "2M" }
component "tasks" { language = "c", sources = { "waits.c" }, args = { "tasks" }, core = 1, heap = "2M" }
component "lua" { language = "lua", main = "waits.lua", core = 1, heap = "2M" }

channel "receiver" { from = "meter", to = "receiver", size = "4K" }
channel "sender" { from = "meter", to = "sender", size = "4K" }
channel "set" { from = "meter", to = "set", size = "4K" }
channel "tasks" { from = "meter", to = "tasks", size = "4K" }
channel "lua" { from = "meter", to = "lua", size = "4K" }
channel "beside" { from = "receiver", to = "set", size = "4K" } -- of the same core
