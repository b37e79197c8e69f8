-- SPDX-License-Identifier: MIT
-- Two components of one core that answer each other.
name = "handover"
cores = 1
decides = "ping"

component "ping" { language = "c", sources = { "ping.c" }, core = 0, heap = "2M" }
component "pong" { language = "c", sources = { "pong.c" }, core = 0, heap = "2M" }
channel "ball" { from = "ping", to = "pong", size = "64K" }
