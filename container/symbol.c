/* SPDX-License-Identifier: MIT */
/*
 * Names of the image's functions: see symbol.h.
 *
 * The table, little-endian: u32 count; count times { u32 address, u32 offset of
 * the name from the first name }, by address; the names, NUL-terminated.
 */
#include "container/symbol.h"

#include <stddef.h>

struct symbol {
	uint32_t address;
	uint32_t name;
};

struct symbol_table {
	uint32_t count;
	struct symbol symbols[];
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

const char *symbol_at(uint64_t addr, uint64_t *offset)
{
	const struct symbol_table *table = &image_symbols;

	if (!symbols_exist() || addr < (uint64_t)image_text_start ||
	    addr >= (uint64_t)image_text_end)
		return NULL;

	uint32_t low = 0, high = table->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (table->symbols[middle].address <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	*offset = addr - table->symbols[low - 1].address;
	return (const char *)&table->symbols[table->count] + table->symbols[low - 1].name;
}
