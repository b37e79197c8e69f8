/* SPDX-License-Identifier: MIT */
/*
 * The mathematical library, to the last bit.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const double arguments[] = {-1e22, -7.25, -1.0, -1e-9, 0.0, 1e-310, 0.1,  0.5,
				   1.0,   1.5,   2.0,  3.7,   10,  700.5,  1e10, 1e300};

static const struct {
	const char *name;
	double (*call)(double);
} unary[] = {
	{"sin", sin},       {"cos", cos},
	{"tan", tan},       {"asin", asin},
	{"acos", acos},     {"atan", atan},
	{"sinh", sinh},     {"cosh", cosh},
	{"tanh", tanh},     {"asinh", asinh},
	{"acosh", acosh},   {"atanh", atanh},
	{"exp", exp},       {"exp2", exp2},
	{"exp10", exp10},   {"expm1", expm1},
	{"log", log},       {"log2", log2},
	{"log10", log10},   {"log1p", log1p},
	{"sqrt", sqrt},     {"cbrt", cbrt},
	{"erf", erf},       {"erfc", erfc},
	{"lgamma", lgamma}, {"tgamma", tgamma},
	{"j0", j0},         {"y1", y1},
	{"floor", floor},   {"ceil", ceil},
	{"trunc", trunc},   {"round", round},
	{"rint", rint},     {"roundeven", roundeven},
	{"logb", logb},     {"significand", significand},
};

static const struct {
	const char *name;
	double (*call)(double, double);
} binary[] = {
	{"pow", pow},           {"atan2", atan2},
	{"fmod", fmod},         {"remainder", remainder},
	{"hypot", hypot},       {"nextafter", nextafter},
	{"copysign", copysign}, {"fdim", fdim},
	{"fmax", fmax},         {"fmin", fmin},
};

static const struct {
	const char *name;
	float (*call)(float);
} unary_float[] = {
	{"sinf", sinf}, {"cosf", cosf},   {"tanf", tanf},   {"expf", expf},       {"exp2f", exp2f},
	{"logf", logf}, {"log2f", log2f}, {"sqrtf", sqrtf}, {"lgammaf", lgammaf},
};

static const struct {
	const char *name;
	long double (*call)(long double);
} unary_long[] = {
	{"sinl", sinl},   {"cosl", cosl},   {"expl", expl},       {"logl", logl},
	{"sqrtl", sqrtl}, {"atanl", atanl}, {"lgammal", lgammal},
};

static void doubles_write(void)
{
	for (size_t i = 0; i < COUNT(unary); i++) {
		printf("%s:", unary[i].name);
		for (size_t j = 0; j < COUNT(arguments); j++)
			printf(" %a", unary[i].call(arguments[j]));
		putchar('\n');
	}
	for (size_t i = 0; i < COUNT(binary); i++) {
		printf("%s:", binary[i].name);
		for (size_t j = 0; j < COUNT(arguments); j++)
			printf(" %a", binary[i].call(arguments[j], arguments[(j * 7 + 3) % 16]));
		putchar('\n');
	}
}

static void others_write(void)
{
	for (size_t i = 0; i < COUNT(unary_float); i++) {
		printf("%s:", unary_float[i].name);
		for (size_t j = 0; j < COUNT(arguments); j++)
			printf(" %a", (double)unary_float[i].call((float)arguments[j]));
		putchar('\n');
	}
	/*
	 * Some of these are one instruction of the x87, whose last bit is its
	 * maker's choice; rounded to double, they are the same everywhere.
	 */
	for (size_t i = 0; i < COUNT(unary_long); i++) {
		printf("%s:", unary_long[i].name);
		for (size_t j = 0; j < COUNT(arguments); j++)
			printf(" %a", (double)unary_long[i].call(arguments[j]));
		putchar('\n');
	}
}

/* Each of these has an answer that is exact. */
static void parts_write(void)
{
	double whole, fraction;
	int exponent, quotient, sign;

	fraction = frexp(-123.456, &exponent);
	printf("frexp: %a %d, ldexp: %a\n", fraction, exponent, ldexp(fraction, exponent));
	fraction = modf(-123.456, &whole);
	printf("modf: %a %a\n", fraction, whole);
	fraction = remquo(29.0, 3.0, &quotient);
	printf("remquo: %a %d\n", fraction, quotient);
	fraction = lgamma_r(-0.5, &sign);
	printf("lgamma_r: %a %d\n", fraction, sign);
	printf("fma: %a %a %a\n", fma(0x1.0000000000001p0, 0x1.0000000000001p0, -1.0),
	       fma(1e308, 10, -INFINITY), (double)fmaf(0x1.000002p0F, 0x1.000002p0F, -1.0F));
	printf("ilogb: %d %d, scalbn: %a, lround: %ld %ld, llrint: %lld\n", ilogb(1e-310), ilogb(8),
	       scalbn(1.5, -1074), lround(2.5), lround(-2.5), llrint(1e15 + 0.5));
	printf("nan: %d %d %d, signbit: %d, isnormal: %d\n", isnan(NAN), isinf(-INFINITY),
	       fpclassify(1e-310) == FP_SUBNORMAL, !!signbit(-0.0), isnormal(1e-310));
}

static void pair_write(const char *name, double complex z)
{
	printf("%s: %a %a\n", name, creal(z), cimag(z));
}

static void complexes_write(void)
{
	double complex z = -1.25 + 0.75 * I;

	pair_write("csqrt", csqrt(z));
	pair_write("cexp", cexp(z));
	pair_write("clog", clog(z));
	pair_write("cpow", cpow(z, 2 + I));
	printf("cabs: %a, carg: %a\n", cabs(z), carg(z));
}

void functions_write(void)
{
	puts("# mathematical functions");
	doubles_write();
	others_write();
	parts_write();
	complexes_write();
}
