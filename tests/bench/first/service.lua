-- SPDX-License-Identifier: MIT
-- Says how long after the image's start a C and a Lua component print their first line.
name = "first"
cores = 2

component "c" { language = "c", sources = { "first.c" }, core = 0, heap = "2M" }
component "lua" { language = "lua", main = "first.lua", core = 1, heap = "2M" }
