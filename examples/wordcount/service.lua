-- SPDX-License-Identifier: MIT
-- Counts the words of a text: C splits, Lua counts, each on its own core.

name = "wordcount"
cores = 2

component "splitter" {
	language = "c",
	sources = { "splitter.c" },
	core = 0,
	heap = "4M",
}

component "counter" {
	language = "lua",
	main = "counter.lua",
	core = 1,
	heap = "64M",
}

channel "words" { from = "splitter", to = "counter", size = "1M" }
