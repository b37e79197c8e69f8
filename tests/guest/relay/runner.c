/* SPDX-License-Identifier: MIT */
/*
 * Answers each number with the next one.
 *
 * usage: runner CHANNEL up|down|nearest, how it rounds meanwhile
 */
#include <atoll.h>

#include <string.h>

#include "relay.h"

static int rounding(const char *name)
{
	return !strcmp(name, "up") ? FE_UPWARD : !strcmp(name, "down") ? FE_DOWNWARD : FE_TONEAREST;
}

int main(int argc, char **argv)
{
	struct channel *ch = argc == 3 ? channel_open(argv[1]) : NULL;
	struct relay_modes modes;
	struct baton b;
	size_t len;

	if (!ch)
		return 1;
	modes = relay_modes_set(rounding(argv[2]));
	while (channel_recv(ch, &b, sizeof(b), &len, CHANNEL_FOREVER) == CHANNEL_OK) {
		b.number++;
		b.when = relay_now(CLOCK_MONOTONIC);
		b.kept = relay_modes_kept(&modes);
		b.cpu = relay_now(CLOCK_THREAD_CPUTIME_ID);
		if (channel_send(ch, &b, sizeof(b), CHANNEL_FOREVER) != CHANNEL_OK)
			return 1;
	}
	return 0;
}
