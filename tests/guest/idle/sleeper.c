/* SPDX-License-Identifier: MIT */
/*
 * Frees much, a little while after its last wait, and waits again: for what is
 * longer than a second, and then for ever. It allocates nothing meanwhile.
 */
#include <atoll.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MIB (1 << 20)
#define BYTES (8 * MIB)
#define BLOCKS 4
#define WAIT UINT64_C(1500000000)

static unsigned used_mib(void)
{
	struct component_stats stats;

	component_stats(&stats);
	return (unsigned)(stats.heap_used / MIB);
}

static uint64_t soon(uint64_t ns)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + ns;
}

static void use_and_free(void)
{
	char *blocks[BLOCKS];

	for (unsigned i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BYTES / BLOCKS);
		if (blocks[i])
			memset(blocks[i], 1, BYTES / BLOCKS);
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

int main(void)
{
	struct channel *talk = channel_open("talk");
	unsigned freed;
	char buffer[8];
	size_t size;

	/* The first wait gives back, so that the one below comes too early for it. */
	if (channel_recv(talk, buffer, sizeof(buffer), &size, soon(WAIT / 100)) != CHANNEL_AGAIN)
		return 1;
	use_and_free();
	freed = used_mib();
	if (channel_recv(talk, buffer, sizeof(buffer), &size, soon(WAIT)) != CHANNEL_AGAIN)
		return 2;
	printf("sleeper: %u MiB after free, %u MiB after a wait\n", freed, used_mib());
	return channel_send(talk, "go", 2, CHANNEL_FOREVER) != CHANNEL_OK;
}
