/* SPDX-License-Identifier: MIT */
/*
 * Sends a number, waits for the next one. Prints "handover NANOSECONDS SUM" for each
 * round: the time of one message from one component to the other, of which a
 * trip has two.
 *
 * usage: ping [ROUNDS]
 */
#include <atoll.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TRIPS 20000
#define WARM 200

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t trips(struct channel *ball, unsigned count)
{
	uint64_t n = 0, answer;
	size_t len;

	for (unsigned i = 0; i < count; i++) {
		if (channel_send(ball, &n, sizeof(n), CHANNEL_FOREVER) != CHANNEL_OK ||
		    channel_recv(ball, &answer, sizeof(answer), &len, CHANNEL_FOREVER) !=
			    CHANNEL_OK ||
		    answer != n + 1)
			exit(1);
		n = answer;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct channel *ball = channel_open("ball");
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	trips(ball, WARM);
	for (int r = 0; r < rounds; r++) {
		struct channel_stats before, after;
		uint64_t begun, ended, sum;

		channel_stats(ball, &before);
		begun = now();
		sum = trips(ball, TRIPS);
		ended = now();
		channel_stats(ball, &after);
		printf("handover %" PRIu64 " %" PRIu64 "\n", (ended - begun) / (2 * TRIPS), sum);
		printf("of %d trips: parks %" PRIu64 ", bells %" PRIu64 "\n", TRIPS,
		       after.parks - before.parks, after.bells - before.bells);
	}
	return 0;
}
