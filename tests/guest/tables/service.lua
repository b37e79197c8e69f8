-- SPDX-License-Identifier: MIT
-- Looks at the guest's own page tables.
name = "tables"
cores = 2

component "walker" { language = "c", sources = { "walker.c", "audit.c" }, core = 0, heap = "8M" }
component "listener" { language = "lua", main = "listener.lua", core = 1, heap = "4M" }
channel "link" { from = "walker", to = "listener", size = "1M" }
