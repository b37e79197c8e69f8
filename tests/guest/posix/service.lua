-- SPDX-License-Identifier: MIT
-- What POSIX says of threads, in two components at once on one core, and on another.
name = "posix"
cores = 2

component "warp" { language = "c", sources = { "posix.c" }, core = 0, heap = "16M" }
component "weft" { language = "c", sources = { "posix.c" }, core = 0, heap = "16M" }
component "wool" { language = "c", sources = { "posix.c" }, core = 1, heap = "16M" }
