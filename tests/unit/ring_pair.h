/* SPDX-License-Identifier: MIT */
/* One ring with both its sides, and messages that can be told apart, for tests. */
#ifndef TESTS_UNIT_RING_PAIR_H
#define TESTS_UNIT_RING_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/channel_pair.h"
#include "tests/unit/random.h"

static inline uint64_t test_random(void)
{
	static uint64_t x = 88172645463325252;

	return random_next(&x);
}

static inline void test_fill(unsigned char *to, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)(seed * 31 + i * 7 + 1);
}

static inline void test_check(const unsigned char *from, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		if (from[i] != (unsigned char)(seed * 31 + i * 7 + 1))
			fail_msg("byte %zu of message %llu is not the one sent", i,
				 (unsigned long long)seed);
}

struct test_ring {
	struct ring ring;
	struct ring_sender s;
	struct ring_receiver r;
};

static inline void test_ring_begin(struct test_ring *t, uint64_t size, uint64_t start)
{
	t->ring = channel_pair_ring(size, start);
	ring_sender_init(&t->s, &t->ring, start);
	ring_receiver_init(&t->r, &t->ring, start);
}

static inline void test_ring_end(struct test_ring *t)
{
	channel_pair_ring_free(&t->ring);
}

static inline enum channel_status test_ring_send(struct test_ring *t, size_t len, uint64_t seed)
{
	enum channel_status status;
	void *room;

	status = ring_reserve(&t->s, len, &room);
	if (status != CHANNEL_OK)
		return status;
	assert_in_range((uintptr_t)room, (uintptr_t)t->ring.memory,
			(uintptr_t)t->ring.memory + t->ring.size - len);
	test_fill(room, len, seed);
	ring_commit(&t->s, len);
	return CHANNEL_OK;
}

static inline void test_ring_recv(struct test_ring *t, size_t want, uint64_t seed)
{
	const void *msg;
	size_t len;

	assert_int_equal(ring_peek(&t->r, &msg, &len), CHANNEL_OK);
	assert_int_equal(len, want);
	test_check(msg, len, seed);
	if (ring_release(&t->r))
		ring_ack(&t->r);
}

static inline void test_ring_drained(struct test_ring *t)
{
	const void *msg;
	size_t len;

	assert_int_equal(ring_peek(&t->r, &msg, &len), CHANNEL_AGAIN);
}

#endif
