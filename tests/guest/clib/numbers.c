/* SPDX-License-Identifier: MIT */
/*
 * Numbers from text, integers, and the rounding that the processor does.
 */
#include "transcript.h"

#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *error_name(void)
{
	switch (errno) {
	case 0:
		return "no error";
	case ERANGE:
		return "ERANGE";
	case EINVAL:
		return "EINVAL";
	default:
		return strerror(errno);
	}
}

static void long_write(const char *text, int base)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, base);
	printf("strtol(\"%s\", %d) = %ld, \"%s\" is left, %s\n", text, base, value, end,
	       error_name());
}

static void double_write(const char *text)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	printf("strtod(\"%s\") = %a, \"%s\" is left, %s", text, value, end, error_name());
	printf("; strtof %a; strtold %La\n", (double)strtof(text, NULL), strtold(text, NULL));
}

static void texts_read(void)
{
	const char *const doubles[] = {
		"0",
		"-0",
		"1e400",
		"-1e400",
		"1e-400",
		"4.9e-324",
		"2.4703282292062327e-324",
		"9007199254740993",
		"0x1.8p1",
		"0x",
		"inf",
		"-Infinity",
		"nan",
		"nan(123)x",
		".",
		"1e",
		"  3.14abc",
		"1.7976931348623158e308",
		"1.7976931348623159e308",
		"0.1000000000000000055511151231257827021181583404541015625",
		"179769313486231580793728971405303415079934132710037826936173778980444968",
	};

	long_write("  -123abc", 10);
	long_write("0x1F", 0);
	long_write("0755", 0);
	long_write("zz", 36);
	long_write("9223372036854775808", 10);
	long_write("-9223372036854775809", 10);
	long_write("x", 10);
	long_write("1", 1);
	printf("strtoul(-1) = %lu, atoi = %d, strtoimax = %jd\n", strtoul("-1", NULL, 10),
	       atoi("12x"), strtoimax("-77", NULL, 8));
	for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++)
		double_write(doubles[i]);
}

static void integers_write(void)
{
	div_t d = div(-7, 2);
	lldiv_t l = lldiv(-INT64_C(1000000000007), 1000);

	printf("div: %d %d, lldiv: %lld %lld, labs: %ld\n", d.quot, d.rem, l.quot, l.rem,
	       labs(-5L));
}

/* Kept from the compiler, which would do it itself, and in its own rounding. */
static double third(void)
{
	volatile double one = 1, three = 3;

	return one / three;
}

static void rounding_write(void)
{
	static const struct {
		const char *name;
		int mode;
	} modes[] = {{"nearest", FE_TONEAREST},
		     {"up", FE_UPWARD},
		     {"down", FE_DOWNWARD},
		     {"to zero", FE_TOWARDZERO}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		fesetround(modes[i].mode);
		printf("rounding %s: %a, rint(2.5) = %g, lrint(-2.5) = %ld, %.2f\n", modes[i].name,
		       third(), rint(2.5), lrint(-2.5), 0.125);
	}
	fesetround(FE_TONEAREST);
}

static void flags_write(const char *what)
{
	printf("%s:%s%s%s%s%s\n", what, fetestexcept(FE_DIVBYZERO) ? " divide" : "",
	       fetestexcept(FE_OVERFLOW) ? " overflow" : "",
	       fetestexcept(FE_UNDERFLOW) ? " underflow" : "",
	       fetestexcept(FE_INVALID) ? " invalid" : "",
	       fetestexcept(FE_INEXACT) ? " inexact" : "");
	feclearexcept(FE_ALL_EXCEPT);
}

static void exceptions_write(void)
{
	volatile double zero = 0, big = 1e308, small = 1e-308, result;

	feclearexcept(FE_ALL_EXCEPT);
	result = 1 / zero;
	flags_write("1 / 0");
	result = zero / zero;
	flags_write("0 / 0");
	result = big * big;
	flags_write("1e308 * 1e308");
	result = small * small;
	flags_write("1e-308 * 1e-308");
	result = sqrt(-1);
	flags_write("sqrt(-1)");
	(void)result;
}

void numbers_write(void)
{
	puts("# numbers");
	texts_read();
	integers_write();
	rounding_write();
	exceptions_write();
}
