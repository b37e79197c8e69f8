-- SPDX-License-Identifier: MIT
-- Each component runs on a vCPU of its own, and a core without work is halted.
name = "cores"
cores = 2

component "observer" { language = "c", sources = { "observer.c" }, core = 0, heap = "4M" }
component "idler" { language = "c", sources = { "idler.c" }, core = 1, heap = "4M" }
channel "talk" { from = "observer", to = "idler", size = "4K" }
