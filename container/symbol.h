/* SPDX-License-Identifier: MIT */
/*
 * Names of the image's functions, from the table that the packer links in. The
 * kernel and the container both have a copy of this code. Nothing here allocates.
 */
#ifndef CONTAINER_SYMBOL_H
#define CONTAINER_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

/* The function that holds addr, and addr's offset in it; NULL where none is known. */
const char *symbol_at(uint64_t addr, uint64_t *offset);

/* Whether the image was linked with a table of names. */
bool symbols_exist(void);

#endif
