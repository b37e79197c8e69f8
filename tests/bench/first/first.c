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
	printf("C up after %ld us\n", now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return 0;
}
