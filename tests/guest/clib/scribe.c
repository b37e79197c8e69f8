/* SPDX-License-Identifier: MIT */
/*
 * Writes the transcript; or, asked to by its last argument, ends in another way.
 */
#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "transcript.h"

static int constructed; /* by the constructors, in their order */

__attribute__((constructor(102))) static void construct_second(void)
{
	constructed = constructed * 10 + 2;
}

__attribute__((constructor(101))) static void construct_first(void)
{
	constructed = constructed * 10 + 1;
}

__attribute__((destructor)) static void destruct(void)
{
	puts("destructor: after the exit handlers");
}

static void first(void)
{
	puts("exit handler registered first: called last");
	fflush(stdout);
}

static void second(void)
{
	puts("exit handler registered second: called first");
}

static void environment_write(int argc, char **argv)
{
	puts("# arguments and environment");
	printf("constructors ran in the order %d\n", constructed);
	for (int i = 0; i < argc; i++)
		printf("argv[%d] = %s\n", i, argv[i]);
	printf("COLOUR = %s, EMPTY = \"%s\", NOTHING is %s\n", getenv("COLOUR"), getenv("EMPTY"),
	       getenv("NOTHING") ? "there" : "not there");
	setenv("COLOUR", "blue", 0);
	printf("not overwritten: %s\n", getenv("COLOUR"));
	setenv("COLOUR", "green", 1);
	printf("overwritten: %s\n", getenv("COLOUR"));
	unsetenv("COLOUR");
	printf("unset: %s\n", getenv("COLOUR") ? "there" : "not there");
	printf("a bad name: %d", setenv("A=B", "x", 1));
	printf(", %s\n", strerror(errno));
}

/* Not the bits, only that they change. */
static void random_write(void)
{
	unsigned char a[64] = {0}, b[64] = {0};
	ssize_t got_a = getrandom(a, sizeof(a), 0), got_b = getrandom(b, sizeof(b), GRND_NONBLOCK);

	puts("# random");
	printf("getrandom: %zd and %zd bytes, %s\n", got_a, got_b,
	       memcmp(a, b, sizeof(a)) ? "different" : "the same");
	printf("getentropy: %d, %s\n", getentropy(b, sizeof(b)),
	       memcmp(a, b, sizeof(a)) ? "different" : "the same");
	srand(1);
	printf("rand: %d", rand());
	printf(" %d", rand());
	srandom(42);
	printf(", random: %ld", random());
	srand48(7);
	printf(", drand48: %a\n", drand48());
}

static jmp_buf inner_place, outer_place;

/* Each call has its own filler, so that the jump leaves many frames. */
static int jump_deep(int depth)
{
	char filler[512];

	memset(filler, depth, sizeof(filler));
	if (!depth)
		longjmp(inner_place, 3);
	return filler[depth] ? jump_deep(depth - 1) + filler[0] : 0;
}

static void jumps_write(void)
{
	volatile int kept = 1;
	int code = setjmp(outer_place);

	if (code) {
		printf("outer: came back with %d, kept %d\n", code, kept);
		return;
	}
	puts("# setjmp");
	code = setjmp(inner_place);
	if (!code) {
		kept = 2;
		jump_deep(20);
	}
	printf("inner: came back with %d, kept %d\n", code, kept);
	kept = 5;
	longjmp(outer_place, 0); /* arrives as 1 */
}

static bool end_wanted(int argc, char **argv, const char *how)
{
	return argc > 1 && !strcmp(argv[argc - 1], how);
}

int main(int argc, char **argv)
{
	atexit(first);
	atexit(second);
	if (end_wanted(argc, argv, "assert"))
		assert(argc == 1);
	if (end_wanted(argc, argv, "abort"))
		abort();
	environment_write(argc, argv);
	formats_write();
	numbers_write();
	functions_write();
	texts_write();
	files_write();
	times_write();
	random_write();
	jumps_write();
	puts("# end");
	exit(0);
}
