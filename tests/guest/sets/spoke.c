/* SPDX-License-Identifier: MIT */
/*
 * spoke CHANNEL COUNT: sends so many numbers, in two batches with a nap between.
 * spoke CHANNEL fail: sends a batch that it never flushes, and fails.
 */
#include <atoll.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int put(struct channel *ch, int number)
{
	void *room;

	if (channel_reserve(ch, sizeof(number), CHANNEL_FOREVER, &room) != CHANNEL_OK)
		return 1;
	memcpy(room, &number, sizeof(number));
	return channel_commit_quiet(ch, sizeof(number)) != CHANNEL_OK;
}

int main(int argc, char **argv)
{
	struct timespec nap = {.tv_nsec = 20000000};
	struct channel *ch = argc == 3 ? channel_open(argv[1]) : NULL;
	int count = argc == 3 ? atoi(argv[2]) : 0;

	if (!ch)
		return 1;
	if (!count) {
		put(ch, 0);
		nanosleep(&nap, NULL);
		return 3;
	}
	for (int i = 0; i < count; i++) {
		if (put(ch, i))
			return 1;
		if (i == count / 2) {
			if (channel_flush(ch) != CHANNEL_OK)
				return 1;
			nanosleep(&nap, NULL);
		}
	}
	channel_finish(ch);
	return 0;
}
