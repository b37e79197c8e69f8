-- SPDX-License-Identifier: MIT
-- Calls from C to Lua, from there to C, and from Lua to Lua, all at the same time.
name = "shop"
cores = 1
decides = "buyer"

component "buyer" { language = "c", sources = { "buyer.c" }, core = 0, heap = "4M" }
component "guest" { language = "lua", main = "guest.lua", core = 0, heap = "4M" }
component "shop" { language = "lua", main = "shop.lua", core = 0, heap = "4M" }
component "store" { language = "c", sources = { "store.c" }, core = 0, heap = "4M" }

channel "orders" { from = "buyer", to = "shop", size = "16K" }
channel "prices" { from = "guest", to = "shop", size = "16K" }
channel "stock" { from = "shop", to = "store", size = "16K" }
channel "end" { from = "guest", to = "buyer", size = "4K" }
