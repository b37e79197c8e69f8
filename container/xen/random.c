/* SPDX-License-Identifier: MIT */
/*
 * Random bytes: see random.h.
 */
#include "container/xen/clock.h"
#include "container/xen/cpu.h"
#include "container/xen/random.h"
#include "container/xen/string.h"

#define CPUID_FEATURES_RDRAND (1u << 30)
#define GOLDEN_RATIO UINT64_C(11400714819323198485) /* its inverse, times 2^64 */
#define RETRIES 10 /* Intel's advice; a processor that works needs none */

static uint64_t mix_state;

/* SplitMix64, Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators". */
static uint64_t mix_next(void)
{
	uint64_t z = __atomic_add_fetch(&mix_state, GOLDEN_RATIO ^ cpu_tsc(), __ATOMIC_RELAXED);

	z = (z ^ z >> 30) * UINT64_C(13787848793156543929);
	z = (z ^ z >> 27) * UINT64_C(10723151780598845931);
	return z ^ z >> 31;
}

/* Asked once: each CPUID is an exit to Xen. Cores that ask at the same time agree. */
static bool has_instruction(void)
{
	static uint8_t known; /* 0: not asked yet, 1: no, 2: yes */
	uint8_t answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!answer) {
		answer = cpu_id(1, 0).ecx & CPUID_FEATURES_RDRAND ? 2 : 1;
		__atomic_store_n(&known, answer, __ATOMIC_RELAXED);
	}
	return answer == 2;
}

static uint64_t random_word(void)
{
	uint64_t value;

	if (has_instruction())
		for (unsigned i = 0; i < RETRIES; i++)
			if (cpu_random(&value))
				return value;
	return mix_next() ^ clock_wall();
}

void random_fill(void *to, size_t size)
{
	for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
		uint64_t word = random_word();
		size_t rest = size - done;

		memcpy((char *)to + done, &word, rest < sizeof(word) ? rest : sizeof(word));
	}
}
