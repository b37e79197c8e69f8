/* SPDX-License-Identifier: MIT */
/*
 * Signals from another core, so that they meet code that runs.
 */
#define _GNU_SOURCE /* CPU sets */
#include "signals.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#define GAP 3000000 /* ns */
#define PATIENCE 1000

static void *pelt(void *argument)
{
	struct pelting *pelting = argument;
	struct timespec gap = {.tv_nsec = GAP};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	pelting->left = 1;
	while (!pelting->begun)
		nanosleep(&gap, NULL);
	for (int i = 0; i < PELT_ROUNDS; i++) {
		nanosleep(&gap, NULL);
		pthread_kill(pelting->target, SIGUSR1);
		/* One that is pending is not sent again. */
		for (int waits = 0; *pelting->count <= i && waits < PATIENCE; waits++)
			nanosleep(&gap, NULL);
	}
	pelting->over = 1;
	return NULL;
}

void pelt_start(struct pelting *pelting, volatile sig_atomic_t *count)
{
	*pelting = (struct pelting){.target = pthread_self(), .count = count};
	expect(!pthread_create(&pelting->thread, NULL, pelt, pelting), "a thread starts");
	/* Until it has left this core, on which the target may be about to spin. */
	while (!pelting->left)
		usleep(1000);
}
