-- SPDX-License-Identifier: MIT
-- Short calls from one core to another, and what the caller is told when the server dies.
name = "mailbox"
cores = 2

component "caller" { language = "c", sources = { "caller.c" }, core = 0, heap = "4M" }
component "server" { language = "c", sources = { "server.c" }, core = 1, heap = "4M" }
channel "line" { from = "caller", to = "server", size = "4K" }
