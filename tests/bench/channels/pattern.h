/* SPDX-License-Identifier: MIT */
/*
 * What the messages of the bench hold: no word of 8 bytes is the same as any
 * other of another message or another place, and none is 0.
 */
#ifndef TESTS_BENCH_CHANNELS_PATTERN_H
#define TESTS_BENCH_CHANNELS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/channels/peer.h"

#define PATTERN_SHIFT 20 /* more than the words of a message */

static inline __attribute__((always_inline)) uint64_t pattern_word(uint64_t seq, size_t i)
{
	return (seq << PATTERN_SHIFT) + i + 1;
}

/* A line of a message, as the widest vectors of the machine take it. */
typedef uint64_t pattern_line __attribute__((vector_size(64), aligned(8), may_alias));

static inline __attribute__((always_inline)) pattern_line pattern_words(uint64_t seq, size_t i)
{
	return pattern_word(seq, i) + (pattern_line){0, 1, 2, 3, 4, 5, 6, 7};
}

/* len is a multiple of 8, to and from are aligned to 8. */
static inline __attribute__((always_inline)) void pattern_fill(void *to, size_t len, uint64_t seq)
{
	uint64_t *words = (uint64_t *)to;
	size_t i = 0;

	for (; i + 8 <= len / 8; i += 8)
		*(pattern_line *)(void *)(words + i) = pattern_words(seq, i);
	for (; i < len / 8; i++)
		words[i] = pattern_word(seq, i);
}

/* What was not as sent; not reduced to one word before the last message. */
struct pattern_bad {
	pattern_line lines;
	uint64_t words;
};

static inline __attribute__((always_inline)) void
pattern_look(struct pattern_bad *bad, const void *from, size_t len, uint64_t seq)
{
	const uint64_t *words = (const uint64_t *)from;
	size_t i = 0;

	for (; i + 8 <= len / 8; i += 8)
		bad->lines |=
			*(const pattern_line *)(const void *)(words + i) ^ pattern_words(seq, i);
	for (; i < len / 8; i++)
		bad->words |= words[i] ^ pattern_word(seq, i);
}

/*
 * 0 if every byte was the one sent. By value: what is looked at piece by piece stays in
 * memory, and a message would wait until the one before it has been there.
 */
static inline uint64_t pattern_result(const struct pattern_bad *bad)
{
	pattern_line lines = bad->lines;
	uint64_t any = bad->words;

	for (size_t i = 0; i < 8; i++)
		any |= lines[i];
	return any;
}

static inline uint64_t pattern_check(const void *from, size_t len, uint64_t seq)
{
	struct pattern_bad bad = {{0}, 0};

	pattern_look(&bad, from, len, seq);
	return pattern_result(&bad);
}

/* A sender's own work: a chain of multiplications, about 1 ns each, in registers. */
static inline __attribute__((always_inline)) void pattern_work(uint64_t steps)
{
	uint64_t x = steps;

	for (uint64_t i = 0; i < steps; i++)
		__asm__ volatile("imul $3, %0, %0" : "+r"(x));
}

#endif
