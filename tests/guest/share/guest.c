/* SPDX-License-Identifier: MIT */
/*
 * Sleeps for short times beside a component that never waits.
 */
#include <stdio.h>
#include <time.h>

#define SECOND 1000000000LL
#define MILLISECOND 1000000LL
#define NAPS 10
#define NAP (5 * MILLISECOND)
#define LATE_MAX (SECOND / 2) /* with room for a host that is busy itself */

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

int main(void)
{
	struct timespec nap = {.tv_nsec = NAP};
	long long worst = 0;

	for (int i = 0; i < NAPS; i++) {
		long long before = now();

		nanosleep(&nap, NULL);
		long long late = now() - before - NAP;

		if (late > worst)
			worst = late;
	}
	printf("guest: had its turns, at most %lld ms late\n", worst / MILLISECOND);
	return worst > LATE_MAX;
}
