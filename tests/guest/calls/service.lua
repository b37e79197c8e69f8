-- SPDX-License-Identifier: MIT
-- A system call that the kernel does not have.
name = "calls"
cores = 1

component "caller" { language = "c", sources = { "caller.c" }, core = 0, heap = "4M" }
