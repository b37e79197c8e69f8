/* SPDX-License-Identifier: MIT */
/*
 * How the C library prints messages of its own, such as assert's and perror's.
 *
 * Its own function can also print to a stream that has been made wide, for
 * which it needs a second printf of 25 KB. Here such a message goes past the
 * stream, to its file.
 */
#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>

int __vfxprintf(FILE *to, const char *format, va_list args, unsigned flags);
int __fxprintf(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __fxprintf_nocancel(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* glibc: stdio-common/fxprintf.c. The flags are for long double, which is as everywhere. */
int __vfxprintf(FILE *to, const char *format, va_list args, unsigned flags)
{
	(void)flags;
	if (!to)
		to = stderr;
	if (fwide(to, 0) > 0)
		return vdprintf(fileno(to), format, args);
	return vfprintf(to, format, args);
}

int __fxprintf(FILE *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = __vfxprintf(to, format, args, 0);
	va_end(args);
	return n;
}

/* Threads are not cancelled by pthread_cancel while they print: the same. */
int __fxprintf_nocancel(FILE *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = __vfxprintf(to, format, args, 0);
	va_end(args);
	return n;
}
