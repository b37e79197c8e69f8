/* SPDX-License-Identifier: MIT */
/*
 * Formatted output and input.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void integers_write(void)
{
	printf("[%d] [%i] [%5d] [%-5d] [%05d] [%+d] [% d]\n", 42, -42, 42, 42, 42, 42, 42);
	printf("[%u] [%o] [%#o] [%x] [%X] [%#x] [%#010x]\n", UINT_MAX, 8U, 8U, 255U, 255U, 255U,
	       255U);
	printf("[%hhd] [%hd] [%ld] [%lld] [%zu] [%jd] [%td]\n", (signed char)-1, (short)-2,
	       LONG_MIN, LLONG_MAX, SIZE_MAX, INTMAX_MIN, (ptrdiff_t)-3);
	printf("[%*d] [%-*d] [%.5d] [%8.3d] [%.0d]\n", 6, 7, 6, 7, 7, 7, 0);
	printf("[%2$s %1$s] [%%] [%3$c]\n", "first", "second", 'c');
}

static void strings_write(void)
{
	const char *volatile nothing = NULL; /* the compiler must not see what it is */

	printf("[%s] [%10s] [%-10s] [%.2s] [%.*s] [%s]\n", "abc", "abc", "abc", "abc", 1, "abc",
	       nothing);
	printf("[%c] [%3c] [%ls] [%lc] [%.2ls]\n", 'x', 'y', L"wide", L'w', L"wide");
	printf("[%p] [%p]\n", NULL, (void *)0x1234);
}

static void reals_write(void)
{
	const double values[] = {0.0,   -0.0,     0.1,     1.0 / 3,      2.5,
				 1e21,  DBL_MAX,  DBL_MIN, DBL_TRUE_MIN, 123456789.0625,
				 -1e-7, INFINITY, NAN};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		printf("[%f] [%e] [%g] [%.17g] [%a] [%.3a] [%G]\n", values[i], values[i], values[i],
		       values[i], values[i], values[i], values[i]);
	printf("[%.0f] [%.0f] [%.0f] [%#.0f] [%10.3f] [%-10.3f] [%+.2e] [%010.2f]\n", 0.5, 1.5, 2.5,
	       2.5, 3.14159, 3.14159, 314.159, -3.14159);
	printf("[%Lf] [%Lg] [%La] [%.25Lg]\n", 1.0L / 3, LDBL_MAX, 1.0L / 3, 0.1L);
	printf("[%.60f] [%.1000g]\n", 0.1, 5e-324);
}

__attribute__((format(printf, 1, 2))) static void bounded(const char *format, ...)
{
	char small[8];
	va_list args;
	int count;

	va_start(args, format);
	count = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	printf("wanted %d, kept \"%s\"\n", count, small);
}

static void memory_write(void)
{
	char *made = NULL, *grown = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&grown, &size);

	bounded("%s", "1234567");
	bounded("%s and more", "1234567");
	printf("asprintf: %d", asprintf(&made, "%d-%s", 7, "seven"));
	printf(" \"%s\"\n", made);
	free(made);
	for (int i = 0; i < 100; i++)
		fprintf(stream, "%d,", i * i);
	fclose(stream);
	printf("open_memstream: %zu bytes, the end is \"%s\"\n", size, grown + size - 10);
	free(grown);
}

static void scans_write(void)
{
	int a = 0, b = 0, n = 0;
	unsigned x = 0;
	double d = 0;
	float f = 0;
	char word[8], set[8], *made = NULL;
	long long big = 0;

	printf("sscanf: %d", sscanf(" 12 -34 ff word", "%d %d %x %7s", &a, &b, &x, word));
	printf(" -> %d %d %u %s\n", a, b, x, word);
	printf("sscanf: %d", sscanf("1.5e3,0x1p-3;abc123", "%lf,%f;%7[a-z]%n", &d, &f, set, &n));
	printf(" -> %a %a %s %d\n", d, f, set, n);
	printf("sscanf: %d", sscanf("0x7fffffff rest of it", "%lli %ms", &big, &made));
	printf(" -> %lld %s\n", big, made);
	free(made);
	printf("sscanf: %d %d\n", sscanf("x", "%d", &a), sscanf("", "%d", &a));
	printf("sscanf: %d", sscanf("abcdef", "%*3c%3c", word));
	printf(" -> %.3s\n", word);
}

void formats_write(void)
{
	puts("# formats");
	integers_write();
	strings_write();
	reals_write();
	memory_write();
	scans_write();
}
