-- SPDX-License-Identifier: MIT
-- A core that is woken by another, by its own timer, or by a thread of its own, is
-- woken each time; and an upcall that comes out of turn leaves no trace.
name = "upcalls"
cores = 2
decides = "near"

component "near" { language = "c", sources = { "near.c", "stray.c" }, core = 0, heap = "2M" }
component "far" { language = "c", sources = { "echo.c" }, core = 1, heap = "2M" }
component "beside" { language = "c", sources = { "echo.c" }, core = 0, heap = "2M" }
channel "far" { from = "near", to = "far", size = "4K" }
channel "beside" { from = "near", to = "beside", size = "4K" }
