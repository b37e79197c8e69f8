-- SPDX-License-Identifier: MIT
-- Threads of one core that never wait take turns, and keep their registers.
name = "preempt"
cores = 1

component "turns" { language = "c", sources = { "turns.c" }, core = 0, heap = "4M" }
