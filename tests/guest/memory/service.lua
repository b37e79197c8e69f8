-- SPDX-License-Identifier: MIT
-- mmap and its kin, and what happens when the guest has no memory left.
name = "memory"
cores = 1

component "mapper" { language = "c", sources = { "mapper.c" }, core = 0, heap = "4M" }
