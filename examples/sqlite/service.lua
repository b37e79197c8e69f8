-- SPDX-License-Identifier: MIT
-- SQLite in memory: Debian's static library, linked into one component.
name = "sqlite"
cores = 1

component "ledger" {
	language = "c",
	sources = { "ledger.c" },
	libs = { "sqlite3" }, -- libsqlite3.a, of the package libsqlite3-dev
	core = 0,
	heap = "8M",
}
