-- SPDX-License-Identifier: MIT
-- Vector registers outlive system calls and switches between threads.
name = "vector"
cores = 1

component "juggler" { language = "c", sources = { "juggler.c" }, core = 0, heap = "4M" }
