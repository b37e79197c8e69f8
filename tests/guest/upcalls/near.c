/* SPDX-License-Identifier: MIT */
/*
 * Naps and asks in turn, for so many rounds, such that each side has often parked
 * when the other one's message comes.
 */
#include "stray.h"

#include <atoll.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECOND 1000000000ULL
#define PATIENCE (10 * SECOND) /* of a host that is busy itself */
#define NAP_NS 300000
#define STRAYS 1000

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* False, and says so, if the other one's answer does not come. */
static bool ask(struct channel *ch, uint64_t n)
{
	uint64_t answer;
	size_t len;

	channel_send(ch, &n, sizeof(n), CHANNEL_FOREVER);
	if (channel_recv(ch, &answer, sizeof(answer), &len, now() + PATIENCE) == CHANNEL_OK &&
	    answer == n)
		return true;
	printf("near: no answer from %s in round %u\n", channel_name(ch), (unsigned)n);
	return false;
}

static bool nap(uint64_t n)
{
	struct timespec length = {.tv_nsec = (long)(n * 7919 % NAP_NS)};
	uint64_t begun = now();

	nanosleep(&length, NULL);
	if (now() - begun < PATIENCE)
		return true;
	printf("near: a nap of %ld ns ended late in round %u\n", length.tv_nsec, (unsigned)n);
	return false;
}

int main(int argc, char **argv)
{
	struct channel *far = channel_open("far"), *beside = channel_open("beside");
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

	for (unsigned i = 0; i < STRAYS; i++) {
		if (stray_leaves_no_trace(i % 2))
			continue;
		printf("near: an upcall out of turn left its trace\n");
		return 1;
	}
	for (unsigned i = 1; i <= rounds; i++)
		if (!nap(i) || !ask(i % 3 ? far : beside, i))
			return 1;
	printf("near: %u rounds\n", rounds);
	return 0;
}
