-- SPDX-License-Identifier: MIT
-- Pages of 1 GiB: where a whole one of the heap's window is asked for.
name = "giga"
cores = 1

component "giant" { language = "c", sources = { "giant.c" }, core = 0, heap = "4M" }
