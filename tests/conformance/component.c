/* SPDX-License-Identifier: MIT */
/*
 * The sentences between components of an image.
 *
 *   c FOLLOWER [ROUNDS [TEXT]]   leads that component
 *                         does nothing
 *   any other                       follows
 *
 * ONE_WAY in the leader's environment leaves out what is played with the sides turned
 * round.
 *
 * Their channels are FOLLOWER_0, the control, and FOLLOWER_1 and so on. On the
 * channel "stop_c" the leader tells who decides to end, so that all are asked to stop.
 */
#include <atoll.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/harness.h"

#define CHANNELS 6

static const char *follower; /* its name */

static struct channel *end_open(const struct harness *h, unsigned i)
{
	char name[32];

	(void)h;
	snprintf(name, sizeof(name), "%s_%u", follower, i);
	return channel_open(name);
}

_Noreturn static void component_die(const struct harness *h)
{
	(void)h;
	exit(3);
}

static void all_stop(const struct harness *h)
{
	struct channel *umpire = channel_open("stop_c");

	(void)h;
	if (umpire)
		channel_send(umpire, NULL, 0, CHANNEL_FOREVER);
}

static int lead(unsigned rounds, const char *only)
{
	const struct harness h = {
		.placement = follower,
		.channels = CHANNELS,
		.open = end_open,
		.die = component_die,
		.stop = all_stop,
		.one_way = getenv("ONE_WAY"),
	};

	return conform_lead(&h, rounds, only) != 0;
}

static int follow(void)
{
	const struct harness h = {
		.placement = follower,
		.channels = CHANNELS,
		.open = end_open,
		.die = component_die,
	};

	return conform_follow(&h);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	follower = argc > 1 ? argv[1] : component_name();
	if (argc > 1)
		return lead(argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20,
			    argc > 3 ? argv[3] : "");
	return strcmp(component_name(), "c") != 0 ? follow() : 0;
}
