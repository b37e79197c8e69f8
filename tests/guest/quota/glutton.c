/* SPDX-License-Identifier: MIT */
/*
 * Takes all that its heap has, gives it back, and takes as much again.
 */
#include <atoll.h>
#include "layout/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (100 * 1024)
#define BLOCKS_MAX 1024

static void *blocks[BLOCKS_MAX];

static int take_all(void)
{
	int count = 0;

	while (count < BLOCKS_MAX && (blocks[count] = malloc(BLOCK))) {
		uintptr_t addr = (uintptr_t)blocks[count];

		if (addr < layout_heap_base(0) || addr >= layout_heap_base(1))
			return -1;
		memset(blocks[count++], 0xa5, BLOCK);
	}
	return count;
}

static void give_all(int count)
{
	while (count-- > 0)
		free(blocks[count]);
}

int main(void)
{
	struct channel *after = channel_open("after");
	struct component_stats stats;
	int first = take_all();

	component_stats(&stats);
	give_all(first);

	int second = take_all();

	give_all(second);
	printf("glutton: %d blocks, then %d; peak %zu of %zu bytes\n", first, second,
	       stats.heap_peak, stats.heap_quota);
	if (first < 50 || second < first - 10 || stats.heap_peak > stats.heap_quota)
		return 1;
	return channel_send(after, "done", 4, CHANNEL_FOREVER) != CHANNEL_OK;
}
