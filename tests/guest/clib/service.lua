-- SPDX-License-Identifier: MIT
-- What the C library answers, as a transcript: on Xen it is what it is in a process.
name = "clib"
cores = 1

component "scribe" {
	language = "c",
	sources = { "scribe.c", "formats.c", "numbers.c", "functions.c", "texts.c", "files.c", "times.c" },
	cflags = { "-fno-builtin" }, -- the library's functions, and not the compiler's
	core = 0,
	heap = "4M",
	args = { "one", "two words" },
	env = { COLOUR = "red", EMPTY = "" },
	files = { "poem.txt", "data" },
}
