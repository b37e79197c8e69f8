/* SPDX-License-Identifier: MIT */
/*
 * Times on CLOCK_MONOTONIC as a number of nanoseconds: what deadlines are, from
 * channels to scripts. UINT64_MAX never comes.
 */
#ifndef IPC_MONOTONIC_H
#define IPC_MONOTONIC_H

#include <stdint.h>
#include <time.h>

#define MONOTONIC_SECOND UINT64_C(1000000000)

/* Of any clock that shows no time before its beginning. */
static inline uint64_t monotonic_ns(const struct timespec *at)
{
	return (uint64_t)at->tv_sec * MONOTONIC_SECOND + (uint64_t)at->tv_nsec;
}

static inline struct timespec monotonic_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / MONOTONIC_SECOND),
		.tv_nsec = (long)(ns % MONOTONIC_SECOND),
	};
}

static inline uint64_t monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return monotonic_ns(&now);
}

#endif
