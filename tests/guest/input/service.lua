-- SPDX-License-Identifier: MIT
-- Reads what is typed on the console.
name = "input"
cores = 1

component "echo" { language = "c", sources = { "echo.c" }, core = 0, heap = "4M" }
