/* SPDX-License-Identifier: MIT */
/*
 * sscanf as far as the C library itself uses it: %hu, %n and plain characters,
 * to read TZ. The packer links this only where no component calls sscanf, which
 * saves 84 KB.
 */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __isoc99_sscanf(const char *restrict text, const char *restrict format, ...);

/* As strtoul reads it, after blanks; false where there is no number. */
static int scan_short(const char **at, unsigned short *to)
{
	char *end;
	unsigned long value = strtoul(*at, &end, 10);

	if (end == *at)
		return 0;
	*to = (unsigned short)value;
	*at = end;
	return 1;
}

int __isoc99_sscanf(const char *restrict text, const char *restrict format, ...)
{
	const char *at = text;
	int stored = 0;
	va_list args;

	va_start(args, format);
	while (*format) {
		if (!strncmp(format, "%hu", 3)) {
			if (!scan_short(&at, va_arg(args, unsigned short *)))
				break;
			stored++;
			format += 3;
		} else if (!strncmp(format, "%n", 2)) {
			*va_arg(args, int *) = (int)(at - text);
			format += 2;
		} else if (*format == '%') {
			abort(); /* a caller that this file does not know of */
		} else if (*at++ != *format++) {
			break;
		}
	}
	va_end(args);
	return stored || *text ? stored : EOF;
}
