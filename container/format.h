/* SPDX-License-Identifier: MIT */
/*
 * Formatted text for the kernel's messages and for crash reports.
 *
 * Conversions: %s %c %u %d %x %lu %ld %lx %zu and %%, with '#', '0', '-' and a
 * field width. Nothing here allocates, locks or knows a locale.
 */
#ifndef CONTAINER_FORMAT_H
#define CONTAINER_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Write at most size - 1 bytes and a NUL; returns the bytes before it. */
size_t print_to(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t print_list(char *to, size_t size, const char *format, va_list list);

#endif
