/* SPDX-License-Identifier: MIT */
/*
 * Two endpoints joined by two rings in malloc'd memory, for tests. The rings
 * are separate blocks of exactly their size, so that a sanitizer sees any
 * access beyond their ends.
 */
#ifndef TESTS_UNIT_CHANNEL_PAIR_H
#define TESTS_UNIT_CHANNEL_PAIR_H

#include <stdlib.h>
#include <string.h>

#include "ipc/endpoint.h"

struct channel_pair {
	struct ring there, back; /* from a to b, from b to a */
	struct channel *a, *b;
};

static inline void *channel_pair_block(size_t bytes)
{
	void *block;

	if (posix_memalign(&block, RING_APART, bytes))
		abort();
	/* No test is to rely on zeroes; earlier laps may have left anything. */
	return memset(block, 0xff, bytes);
}

static inline struct ring channel_pair_ring(size_t bytes, uint64_t start)
{
	struct ring ring = {
		.control = channel_pair_block(sizeof(struct ring_control)),
		.memory = channel_pair_block(bytes),
		.size = bytes,
	};

	ring_init(&ring, start);
	return ring;
}

static inline void channel_pair_ring_free(struct ring *ring)
{
	free(ring->control);
	free(ring->memory);
}

static inline void channel_pair_init(struct channel_pair *p, size_t bytes, uint64_t start)
{
	p->there = channel_pair_ring(bytes, start);
	p->back = channel_pair_ring(bytes, start);
	p->a = channel_pair_block(sizeof(struct channel));
	p->b = channel_pair_block(sizeof(struct channel));
	endpoint_init(p->a, &p->there, &p->back, start);
	endpoint_init(p->b, &p->back, &p->there, start);
	p->a->name = p->b->name = "pair";
}

static inline void channel_pair_free(struct channel_pair *p)
{
	channel_pair_ring_free(&p->there);
	channel_pair_ring_free(&p->back);
	free(p->a);
	free(p->b);
}

#endif
