/* SPDX-License-Identifier: MIT */
/*
 * Formatted text for the kernel's own messages.
 *
 * Conversions: %s %c %u %d %x %lu %ld %lx %zu and %%, with '#', '0', '-' and a
 * field width. Nothing here allocates.
 */
#ifndef XEN_PRINT_H
#define XEN_PRINT_H

#include <stdarg.h>
#include <stddef.h>

/* Write at most size - 1 bytes and a NUL; returns the bytes before it. */
size_t print_to(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t print_list(char *to, size_t size, const char *format, va_list list);

/* To the console; before that is there, to Xen's log. At most 255 bytes. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The console is there. */
void print_to_console(void);

#endif
