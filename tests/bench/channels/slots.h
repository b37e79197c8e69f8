/* SPDX-License-Identifier: MIT */
/*
 * Messages for queues that carry pointers: taken in turn from as many as can be
 * in the queue, and in both sides' hands. What has the size of a pointer goes in
 * its place.
 */
#ifndef TESTS_BENCH_CHANNELS_SLOTS_H
#define TESTS_BENCH_CHANNELS_SLOTS_H

#include "tests/bench/channels/peer.h"

#define SLOTS_SPARE 64 /* most that one side holds outside the queue */

struct slots {
	unsigned char *memory;
	size_t bytes, at;
};

static inline struct slots slots_open(size_t len)
{
	struct slots s;

	s.bytes = (peer_ring_entries(len) + SLOTS_SPARE) * len;
	s.memory = (unsigned char *)peer_memory(s.bytes);
	s.at = 0;
	return s;
}

static inline void slots_close(const struct slots *s)
{
	peer_memory_free(s->memory, s->bytes);
}

static inline void *slots_next(struct slots *s, size_t len)
{
	void *slot = s->memory + s->at;

	s->at += len;
	if (s->at == s->bytes)
		s->at = 0;
	return slot;
}

#endif
