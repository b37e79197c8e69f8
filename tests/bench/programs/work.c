/* SPDX-License-Identifier: MIT */
/*
 * Workloads in C. The same source is a component of an image and, with the C
 * library's malloc, a static program under Linux.
 *
 * usage: work ROUNDS [WORKLOAD]...
 *
 * Prints "NAME NANOSECONDS CHECKSUM" for each round; without a WORKLOAD, of all
 * but random access.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SLOTS 4096
#define SMALL_STEPS 1000000
#define LARGE_SLOTS 16
#define LARGE_STEPS 100
#define ALU_STEPS 20000000
#define RANDOM_BYTES ((size_t)256 << 20)
#define RANDOM_STEPS 1000000
#define PAGE 4096

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* xorshift64: Marsaglia, Xorshift RNGs, 2003. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void *must(void *p)
{
	if (!p) {
		printf("no memory\n");
		exit(1);
	}
	return p;
}

/* The control: no memory at all. Both sides should take the same. */
static uint64_t work_alu(void)
{
	uint64_t state = 88172645463325252u, sum = 0;

	for (unsigned i = 0; i < ALU_STEPS; i++)
		sum += next(&state);
	return sum;
}

/* Blocks of 16 to 527 bytes replaced at random, 4096 of them alive. */
static uint64_t work_small(void)
{
	static unsigned char *slots[SLOTS];
	uint64_t state = 42, sum = 0;

	for (unsigned i = 0; i < SMALL_STEPS; i++) {
		uint64_t r = next(&state);
		unsigned char **slot = &slots[r % SLOTS];

		if (*slot)
			sum += **slot;
		free(*slot);
		*slot = must(malloc(16 + (r >> 32) % 512));
		**slot = (unsigned char)i;
	}
	for (unsigned i = 0; i < SLOTS; i++) {
		free(slots[i]);
		slots[i] = NULL;
	}
	return sum;
}

/* Blocks of 256 KiB to 4 MiB replaced at random, 16 of them alive, each filled. */
static uint64_t work_large(void)
{
	static unsigned char *slots[LARGE_SLOTS];
	uint64_t state = 7, sum = 0;

	for (unsigned i = 0; i < LARGE_STEPS; i++) {
		uint64_t r = next(&state);
		unsigned char **slot = &slots[r % LARGE_SLOTS];
		size_t size = ((size_t)256 << 10) + (r >> 32) % ((size_t)3840 << 10);

		free(*slot);
		*slot = must(malloc(size));
		memset(*slot, (int)i, size);
		sum += (*slot)[size / 2] + size;
	}
	for (unsigned i = 0; i < LARGE_SLOTS; i++) {
		free(slots[i]);
		slots[i] = NULL;
	}
	return sum;
}

/* Where each step goes depends on what the one before it read. */
static uint64_t random_access(int advice)
{
	static uint64_t *table;
	const size_t words = RANDOM_BYTES / sizeof(*table);
	uint64_t at = 1, start;

	if (!table) {
		table = must(aligned_alloc((size_t)2 << 20, RANDOM_BYTES));
		if (advice)
			madvise(table, RANDOM_BYTES, advice);
		for (size_t i = 0; i < words; i++)
			table[i] = i * 11400714819323198485u;
	}
	start = now();
	for (unsigned i = 0; i < RANDOM_STEPS; i++)
		at = (at * 6364136223846793005u + table[at >> 32 & (words - 1)]) | 1;
	printf("random %" PRIu64 " %" PRIu64 "\n", now() - start, at);
	return 0;
}

static const struct {
	const char *name;
	uint64_t (*run)(void);
} workloads[] = {
	{"alu", work_alu},
	{"small", work_small},
	{"large", work_large},
};

enum { WORKLOADS = sizeof(workloads) / sizeof(workloads[0]) };

static void run(const char *name)
{
	for (unsigned i = 0; i < WORKLOADS; i++) {
		uint64_t start, sum;

		if (name && strcmp(name, workloads[i].name) != 0)
			continue;
		start = now();
		sum = workloads[i].run();
		printf("%s %" PRIu64 " %" PRIu64 "\n", workloads[i].name, now() - start, sum);
	}
	/* On Linux by pages of 4 KiB, or of 2 MiB where the kernel finds any; on Xen as it is. */
	if (name && !strcmp(name, "random"))
		random_access(0);
	if (name && !strcmp(name, "random-small-pages"))
		random_access(MADV_NOHUGEPAGE);
	if (name && !strcmp(name, "random-huge-pages"))
		random_access(MADV_HUGEPAGE);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	for (int r = 0; r < rounds; r++) {
		if (argc < 3)
			run(NULL);
		for (int i = 2; i < argc; i++)
			run(argv[i]);
	}
	return 0;
}
