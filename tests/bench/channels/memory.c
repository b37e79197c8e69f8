/* SPDX-License-Identifier: MIT */
/* Memory of links, the same kind for every peer. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/bench/channels/peer.h"

#define MEMORY_HUGE ((size_t)2 << 20)

static size_t memory_round(size_t bytes)
{
	size_t unit = bytes < MEMORY_HUGE / 2 ? 4096 : MEMORY_HUGE;

	return (bytes + unit - 1) & ~(unit - 1);
}

void *peer_memory(size_t bytes)
{
	size_t whole = memory_round(bytes);
	void *p = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("channels: memory of a link");
		abort();
	}
	if (whole >= MEMORY_HUGE)
		madvise(p, whole, MADV_HUGEPAGE);
	/* Not faulted in for the first time while the clock runs. */
	for (size_t at = 0; at < whole; at += 4096)
		((volatile unsigned char *)p)[at] = 0;
	return p;
}

void peer_memory_free(void *p, size_t bytes)
{
	munmap(p, memory_round(bytes));
}
