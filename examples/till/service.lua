-- SPDX-License-Identifier: MIT
-- A service in C that many tasks of a Lua component connect to, some at a time.
name = "till"
cores = 2
decides = "shop"

component "bank" { language = "c", sources = { "bank.c" }, core = 0, heap = "4M" }
component "shop" { language = "lua", main = "shop.lua", core = 1, heap = "4M" }

service "account" { server = "bank", clients = { "shop" }, connections = 4, size = "4K" }
