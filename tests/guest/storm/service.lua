-- SPDX-License-Identifier: MIT
-- Two cores press the kernel at once: memory, threads, waits that time out.
name = "storm"
cores = 2

component "east" { language = "c", sources = { "storm.c" }, core = 0, heap = "4M" }
component "west" { language = "c", sources = { "storm.c" }, core = 1, heap = "4M" }
