-- SPDX-License-Identifier: MIT
-- Tasks of one component call another one, which answers from tasks of its own.
name = "desk"
cores = 1

component "callers" { language = "c", sources = { "callers.c" }, core = 0, heap = "8M" }
component "desk" { language = "c", sources = { "desk.c" }, core = 0, heap = "8M" }
channel "desk" { from = "callers", to = "desk", size = "16K" }
