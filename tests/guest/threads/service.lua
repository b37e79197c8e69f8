-- SPDX-License-Identifier: MIT
-- POSIX threads inside a component, and nothing left behind by them.
name = "threads"
cores = 2

component "weaver" { language = "c", sources = { "weaver.c" }, core = 1, heap = "8M" }
