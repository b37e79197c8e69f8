/* SPDX-License-Identifier: MIT */
/* A channel of our own with both its ends, outside of any image. */
#ifndef TESTS_BENCH_CHANNELS_CHANNEL_ENDS_H
#define TESTS_BENCH_CHANNELS_CHANNEL_ENDS_H

#include "ipc/endpoint.h"
#include "tests/bench/channels/peer.h"

struct channel_ends {
	struct ring rings[2];
	struct channel *end[2]; /* the first sends into a ring of `bytes` */
};

static inline struct ring channel_ends_ring(size_t bytes)
{
	struct ring ring = {
		.control = peer_memory(sizeof(struct ring_control)),
		.memory = peer_memory(bytes),
		.size = bytes,
	};

	ring_init(&ring, 0);
	return ring;
}

static inline struct channel_ends channel_ends_open(size_t bytes)
{
	struct channel_ends e = {
		.rings = {channel_ends_ring(bytes), channel_ends_ring(RING_MIN_BYTES)},
	};

	for (unsigned i = 0; i < 2; i++) {
		e.end[i] = peer_memory(sizeof(struct channel));
		endpoint_init(e.end[i], &e.rings[i], &e.rings[1 - i], 0);
	}
	return e;
}

static inline void channel_ends_close(const struct channel_ends *e)
{
	for (unsigned i = 0; i < 2; i++) {
		peer_memory_free(e->end[i], sizeof(struct channel));
		peer_memory_free(e->rings[i].control, sizeof(struct ring_control));
		peer_memory_free(e->rings[i].memory, e->rings[i].size);
	}
}

#endif
