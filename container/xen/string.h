/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own memory and string functions.
 *
 * The C library's versions use vector registers, which the kernel must leave
 * alone. The compiler calls the mem* ones by name; the kernel object keeps them
 * to itself, so nothing else of the image sees them.
 */
#ifndef XEN_STRING_H
#define XEN_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* Copy at most size - 1 bytes of from and terminate; returns the bytes copied. */
size_t string_copy(char *to, const char *from, size_t size);

#endif
