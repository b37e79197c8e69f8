-- SPDX-License-Identifier: MIT
-- Signals as on Linux: faults that a handler mends or leaves, waits that one ends,
-- registers that outlive one.
name = "signals"
cores = 2

component "signals" {
	language = "c",
	sources = { "main.c", "faults.c", "waits.c", "masks.c", "registers.c", "unwind.c", "pelt.c" },
	core = 0,
	heap = "4M",
}
