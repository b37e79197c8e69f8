-- SPDX-License-Identifier: MIT
-- CPU-time clocks count what a thread and the process had of a core, and no sleep.
name = "cputime"
cores = 2

component "meter" { language = "c", sources = { "meter.c" }, core = 0, heap = "4M" }
component "dial" { language = "lua", main = "dial.lua", core = 1, heap = "4M" }
