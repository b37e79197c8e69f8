/* SPDX-License-Identifier: MIT */
/*
 * Prints the monotonic clock, which in a guest counts from its entry by Xen.
 */
#include <stdio.h>
#include <time.h>

int main(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("C up after %.3f ms\n", (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
	return 0;
}
