-- SPDX-License-Identifier: MIT
-- Time goes forward, at the right pace, and sleeps are not short.
name = "clock"
cores = 2

component "watch" { language = "c", sources = { "watch.c" }, core = 0, heap = "4M" }
component "dial" { language = "c", sources = { "watch.c" }, core = 1, heap = "4M" }
