-- SPDX-License-Identifier: MIT
-- A component that never waits does not starve the one beside it on its core.
name = "share"
cores = 1

component "rounds" { language = "lua", main = "rounds.lua", core = 0, heap = "4M" }
component "guest" { language = "c", sources = { "guest.c" }, core = 0, heap = "4M" }
