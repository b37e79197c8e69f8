/* SPDX-License-Identifier: MIT */
/*
 * Names of the image's functions: see symbol.h.
 *
 * The table: u32 count, little-endian; how far each function lies behind the one
 * before it, the first behind address 0, in LEB128; their names, each ended by
 * NUL. Looked through from its start: only a crash asks, and a binary search
 * would need twice the bytes.
 */
#include "container/symbol.h"

#include <stddef.h>
#include <string.h>

struct symbol_table {
	uint32_t count;
	unsigned char distances[];
};

/* From the linker script; not there in a build that does without it. */
extern const struct symbol_table image_symbols __attribute__((weak));
extern const char image_symbols_end[] __attribute__((weak));
extern const char image_text_start[] __attribute__((weak));
extern const char image_text_end[] __attribute__((weak));

/* An image linked without a table has an empty section, not a count of 0. */
bool symbols_exist(void)
{
	return (const char *)&image_symbols != image_symbols_end;
}

static uint64_t number_read(const unsigned char **at)
{
	uint64_t number = 0;
	unsigned shift = 0;

	do {
		number |= (uint64_t)(**at & 0x7f) << shift;
		shift += 7;
	} while (*(*at)++ & 0x80);
	return number;
}

const char *symbol_at(uint64_t addr, uint64_t *offset)
{
	const unsigned char *at = image_symbols.distances;
	uint64_t start = 0;
	uint32_t i, known = 0; /* functions that begin at addr or before */
	const char *name;

	if (!symbols_exist() || addr < (uint64_t)image_text_start ||
	    addr >= (uint64_t)image_text_end)
		return NULL;
	for (i = 0; i < image_symbols.count; i++) {
		start += number_read(&at);
		if (start > addr)
			continue;
		*offset = addr - start;
		known = i + 1;
	}
	if (!known)
		return NULL;
	for (name = (const char *)at; --known;)
		name += strlen(name) + 1;
	return name;
}
