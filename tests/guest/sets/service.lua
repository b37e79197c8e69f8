-- SPDX-License-Identifier: MIT
-- One component waits for three peers and a timer at once, on one core.
name = "sets"
cores = 1

component "hub" { language = "c", sources = { "hub.c" }, core = 0, heap = "4M" }
component "red" { language = "c", sources = { "spoke.c" }, core = 0, heap = "4M", args = { "red", "20" } }
component "green" { language = "c", sources = { "spoke.c" }, core = 0, heap = "4M", args = { "green", "20" } }
component "blue" { language = "c", sources = { "spoke.c" }, core = 0, heap = "4M", args = { "blue", "fail" } }
channel "red" { from = "red", to = "hub", size = "4K" }
channel "green" { from = "green", to = "hub", size = "4K" }
channel "blue" { from = "blue", to = "hub", size = "4K" }
