-- SPDX-License-Identifier: MIT
-- A heap is its component's own, and its size is the limit of that component alone.
name = "quota"
cores = 2

component "glutton" { language = "c", sources = { "glutton.c" }, core = 0, heap = "16M" }
component "hoarder" { language = "lua", main = "hoarder.lua", core = 1, heap = "12M" }
channel "after" { from = "glutton", to = "hoarder", size = "4K" }
