/* SPDX-License-Identifier: MIT */
/* What the runners of a relay tell each other. */
#ifndef RELAY_H
#define RELAY_H

#include <fenv.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define SECOND 1000000000LL
#define MILLISECOND 1000000LL

struct baton {
	uint64_t number;
	int64_t cpu;  /* ns, of the runner's thread */
	int64_t when; /* by CLOCK_MONOTONIC it had the number */
	bool kept;    /* its rounding modes, all the time */
};

static inline int64_t relay_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* The x87's mode; SSE's is what fegetround looks at, or the other way round. */
static inline uint16_t relay_x87(void)
{
	uint16_t control;

	__asm__ volatile("fnstcw %0" : "=m"(control));
	return control & 0xc00;
}

static inline uint32_t relay_sse(void)
{
	uint32_t mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return mxcsr & 0x6000;
}

struct relay_modes {
	uint16_t x87;
	uint32_t sse;
};

static inline struct relay_modes relay_modes_set(int round)
{
	fesetround(round);
	return (struct relay_modes){.x87 = relay_x87(), .sse = relay_sse()};
}

static inline bool relay_modes_kept(const struct relay_modes *m)
{
	return relay_x87() == m->x87 && relay_sse() == m->sse;
}

#endif
