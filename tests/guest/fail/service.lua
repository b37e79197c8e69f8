-- SPDX-License-Identifier: MIT
-- Two components that end badly, each in the way that its argument names, and one
-- that sees it and goes on.
name = "fail"
cores = 2

component "culprit" { language = "c", sources = { "culprit.c" }, core = 0, heap = "6M" }
component "sick" { language = "lua", main = "sick.lua", core = 1, heap = "4M" }
component "witness" { language = "lua", main = "witness.lua", core = 1, heap = "4M" }

channel "c" { from = "culprit", to = "witness", size = "4K" }
channel "lua" { from = "sick", to = "witness", size = "4K" }
