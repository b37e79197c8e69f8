/* SPDX-License-Identifier: MIT */
/*
 * Lets the others fall asleep, for longer than what they freed is kept, then sees
 * whether they ever run; then ends, and with it the image.
 */
#include "meter.h"

#include <atoll.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define SETTLE_S 3
#define NAP_S 2

static bool measure(struct meter *m)
{
	return meter_host(m) || meter_guest(m);
}

int main(void)
{
	static const char *const names[] = {"receiver", "sender", "set", "tasks", "lua"};
	struct channel *ends[sizeof(names) / sizeof(names[0])];
	struct timespec settle = {.tv_sec = SETTLE_S}, nap = {.tv_sec = NAP_S};
	struct meter before, after;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ends[i] = channel_open(names[i]);
	nanosleep(&settle, NULL);
	if (!measure(&before))
		return 1;
	nanosleep(&nap, NULL);
	measure(&after);
	if (after.wakes != before.wakes || after.ns != before.ns)
		printf("meter: wakes %" PRIu64 ", then %" PRIu64 "; ran for %" PRIu64 " us\n",
		       before.wakes, after.wakes, (after.ns - before.ns) / 1000);
	else
		printf("meter: nothing ran for %d seconds\n", NAP_S);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		channel_close(ends[i]);
	nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
	return 0;
}
