/* SPDX-License-Identifier: MIT */
/* Round trips of 8 bytes between two C components, whenever it is asked: the median of batches. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "ipc/channel.h"

#define PING_BATCHES 400 /* as in near.lua */
#define PING_BATCH 50

static double ping_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ping_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void ping_batch(struct channel *ch, uint64_t first)
{
	uint64_t back;
	size_t len;

	for (uint64_t i = first; i < first + PING_BATCH; i++)
		if (channel_send(ch, &i, sizeof(i), CHANNEL_FOREVER) ||
		    channel_recv(ch, &back, sizeof(back), &len, CHANNEL_FOREVER) || back != i)
			abort();
}

static double ping_trips(struct channel *ch)
{
	static double times[PING_BATCHES];
	double at = ping_clock(), now;

	for (unsigned i = 0; i < PING_BATCHES; i++) {
		ping_batch(ch, (uint64_t)i * PING_BATCH);
		now = ping_clock();
		times[i] = (now - at) / PING_BATCH;
		at = now;
	}
	qsort(times, PING_BATCHES, sizeof(times[0]), ping_compare);
	return times[PING_BATCHES / 2];
}

int main(void)
{
	struct channel *asked = channel_open("trips"), *trip = channel_open("trip");
	char nothing[8];
	double ns;
	size_t len;

	while (!channel_recv(asked, nothing, sizeof(nothing), &len, CHANNEL_FOREVER)) {
		ns = ping_trips(trip);
		channel_send(asked, &ns, sizeof(ns), CHANNEL_FOREVER);
	}
	return 0;
}
