/* SPDX-License-Identifier: MIT */
/*
 * Waits until the other two have ended for good, and compares what the system
 * had left early on and in the end.
 */
#include <atoll.h>
#include "container/stats.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define OTHERS 2
#define RESTARTS 1000
#define EARLY 100
#define TURN_US 20000
#define TURNS_MAX 15000 /* five minutes */
#define STATE_GONE 5
#define SLACK_KIB 128 /* on Linux, which counts by its own lights */

static const struct stats_row *row(unsigned i)
{
	return &image_stats.rows[i];
}

static unsigned restarts_least(void)
{
	unsigned least = RESTARTS;

	for (unsigned i = 0; i < OTHERS; i++) {
		unsigned restarts = __atomic_load_n(&row(i)->restarts, __ATOMIC_RELAXED);

		if (restarts < least)
			least = restarts;
	}
	return least;
}

static int all_gone(void)
{
	for (unsigned i = 0; i < OTHERS; i++)
		if (__atomic_load_n(&row(i)->state, __ATOMIC_RELAXED) != STATE_GONE)
			return 0;
	return 1;
}

/* Of this process, where there is such a file; else free memory of the guest, negative. */
static long kib_used(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	struct sysinfo info;
	long size, resident;

	if (statm && fscanf(statm, "%ld %ld", &size, &resident) == 2) {
		fclose(statm);
		return resident * 4;
	}
	sysinfo(&info);
	return -(long)(info.freeram * info.mem_unit / 1024);
}

int main(void)
{
	long early = 0, late;

	for (int turn = 0; turn < TURNS_MAX && !all_gone(); turn++) {
		usleep(TURN_US);
		if (!early && restarts_least() >= EARLY)
			early = kib_used();
	}
	late = kib_used();
	printf("gauge: %u and %u restarts; %ld KiB more than after %d\n", row(0)->restarts,
	       row(1)->restarts, late - early, EARLY);
	if (restarts_least() != RESTARTS || row(0)->status || row(1)->status)
		return 1;
	return late - early > SLACK_KIB;
}
