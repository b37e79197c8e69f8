-- SPDX-License-Identifier: MIT
-- The workloads in C, alone on one core.
name = "work_c"
cores = 1

component "c" { language = "c", sources = { "work.c" }, core = 0, heap = "448M" }
