/* SPDX-License-Identifier: MIT */
/*
 * What the tests of endpoints share: a new pair for each, and short forms of
 * sending and receiving.
 */
#ifndef TESTS_UNIT_CHANNEL_CASE_H
#define TESTS_UNIT_CHANNEL_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/channel_pair.h"

#define TEST_RING 4096

static inline int pair_setup(void **state)
{
	static struct channel_pair pair;

	channel_pair_init(&pair, TEST_RING, (uint64_t)-3 * TEST_RING);
	*state = &pair;
	return 0;
}

static inline int pair_teardown(void **state)
{
	channel_pair_free(*state);
	return 0;
}

static inline void assert_send(struct channel *ch, const char *text)
{
	assert_int_equal(channel_send(ch, text, strlen(text), CHANNEL_NOW), CHANNEL_OK);
}

static inline void assert_recv(struct channel *ch, const char *text)
{
	char buf[TEST_RING];
	size_t len;

	assert_int_equal(channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static inline enum channel_status test_recv(struct channel *ch, uint64_t deadline)
{
	char buf[TEST_RING];
	size_t len;

	return channel_recv(ch, buf, sizeof(buf), &len, deadline);
}

/* Messages of len bytes that go in before there is no room. */
static inline unsigned test_stuff(struct channel *ch, size_t len)
{
	static const char zeroes[TEST_RING];
	unsigned n = 0;

	while (channel_send(ch, zeroes, len, CHANNEL_NOW) == CHANNEL_OK)
		n++;
	return n;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

#endif
