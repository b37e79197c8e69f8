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

/* len is a multiple of 8, to and from are aligned to 8. */
static inline __attribute__((always_inline)) void pattern_fill(void *to, size_t len, uint64_t seq)
{
	uint64_t *words = (uint64_t *)to;

	for (size_t i = 0; i < len / 8; i++)
		words[i] = pattern_word(seq, i);
}

/* 0 if every byte is the one sent. */
static inline __attribute__((always_inline)) uint64_t pattern_check(const void *from, size_t len,
								    uint64_t seq)
{
	const uint64_t *words = (const uint64_t *)from;
	uint64_t bad = 0;

	for (size_t i = 0; i < len / 8; i++)
		bad |= words[i] ^ pattern_word(seq, i);
	return bad;
}

/* A sender's own work: a chain of multiplications, about 1 ns each, in registers. */
static inline __attribute__((always_inline)) void pattern_work(uint64_t steps)
{
	uint64_t x = steps;

	for (uint64_t i = 0; i < steps; i++)
		__asm__ volatile("imul $3, %0, %0" : "+r"(x));
}

#endif
