-- SPDX-License-Identifier: MIT
-- A component that tries to take from the others what all share, and one that
-- still has it when that one is gone.
name = "greedy"
cores = 2

component "greedy" { language = "c", sources = { "greedy.c" }, core = 0, heap = "4M" }
component "witness" { language = "lua", main = "witness.lua", core = 1, heap = "4M" }

channel "c" { from = "greedy", to = "witness", size = "4K" }
