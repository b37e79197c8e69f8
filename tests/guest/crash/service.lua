-- SPDX-License-Identifier: MIT
-- Ends badly in the way that its argument names.
name = "crash"
cores = 2

component "bystander" {
	language = "lua",
	main = "bystander.lua",
	core = 0,
	heap = "4M",
}

component "culprit" {
	language = "c",
	sources = { "culprit.c" },
	core = 1,
	heap = "4M",
}

channel "link" { from = "culprit", to = "bystander", size = "4K" }
