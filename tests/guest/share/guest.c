/* SPDX-License-Identifier: MIT */
/*
 * Sleeps for short times beside a component that never waits, and says so when it has: before
 * that one is done, if it had its turns.
 */
#include <stdio.h>
#include <time.h>

#define NAPS 10

int main(void)
{
	struct timespec nap = {.tv_nsec = 5000000};

	for (int i = 0; i < NAPS; i++)
		nanosleep(&nap, NULL);
	printf("guest: had its turns\n");
	return 0;
}
