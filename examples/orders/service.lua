-- SPDX-License-Identifier: MIT
-- A contract between C and Lua: the packer makes orders.h and the module "orders" of it.
name = "orders"
cores = 2

component "waiter" { language = "c", sources = { "waiter.c" }, core = 0, heap = "4M" }
component "kitchen" { language = "lua", main = "kitchen.lua", core = 1, heap = "4M" }

channel "orders" {
	from = "waiter", to = "kitchen", size = "64K",
	messages = {
		order = { from = "waiter", fields = { { "seat", "u16" }, { "dish", "string", max = 40 }, { "count", "u8" } } },
		ready = { from = "kitchen", fields = { { "seat", "u16" }, { "cents", "u32" }, { "hot", "bool" } } },
		sorry = { from = "kitchen", fields = { { "why", "string", max = 80 } } },
	},
	order = {
		start = { order = "cooking" },
		cooking = { ready = "start", sorry = "start" },
	},
}
