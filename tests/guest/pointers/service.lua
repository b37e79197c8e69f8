-- SPDX-License-Identifier: MIT
-- What system calls answer where a pointer names no memory.
name = "pointers"
cores = 1

component "pointer" { language = "c", sources = { "pointer.c" }, core = 0, heap = "4M" }
