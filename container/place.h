/* SPDX-License-Identifier: MIT */
/*
 * Addresses in the words of the map. The kernel and the container both have a
 * copy of this code. Nothing here allocates.
 */
#ifndef CONTAINER_PLACE_H
#define CONTAINER_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* What lies at addr, as at most size - 1 bytes of text and a NUL. */
void place_name(uint64_t addr, char *text, size_t size);

#endif
