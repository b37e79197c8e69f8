/* SPDX-License-Identifier: MIT */
/* A channel of two components that end and begin again, for the tests of that. */
#ifndef TESTS_UNIT_LIFE_CASE_H
#define TESTS_UNIT_LIFE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "tests/unit/component_made_up.h"

enum { A, B, GOES, STAYS, COMPONENTS };

static const struct image_channel test_channels[] = {
	{"pair", A, B, 4096},
	{"last", GOES, STAYS, 4096},
};

static const struct image test_image = {
	.name = "test",
	.component_count = COMPONENTS,
	.channel_count = 2,
	.channels = test_channels,
};

static inline enum channel_status test_send(struct channel *ch, const char *text)
{
	return channel_send(ch, text, strlen(text) + 1, CHANNEL_NOW);
}

static inline enum channel_status test_recv(struct channel *ch, uint64_t deadline)
{
	char buf[64];
	size_t len;

	return channel_recv(ch, buf, sizeof(buf), &len, deadline);
}

static inline void assert_recv(struct channel *ch, const char *text)
{
	char buf[64];
	size_t len;

	assert_int_equal(channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_string_equal(buf, text);
}

static inline void assert_passes(struct channel *a, struct channel *b)
{
	assert_int_equal(test_send(a, "there"), CHANNEL_OK);
	assert_int_equal(test_send(b, "back"), CHANNEL_OK);
	assert_recv(b, "there");
	assert_recv(a, "back");
	assert_int_equal(channel_reason(a), CHANNEL_OPEN);
	assert_int_equal(channel_reason(b), CHANNEL_OPEN);
}

struct test_pair {
	struct channel *a, *b;
};

/* Whatever the test before left behind: both ends begin a life. */
static inline int test_setup(void **state)
{
	static struct test_pair pair;

	channel_table_end(A, true);
	channel_table_end(B, true);
	channel_table_begin(A);
	channel_table_begin(B);
	pair.a = test_open(A, "pair");
	pair.b = test_open(B, "pair");
	*state = &pair;
	return !pair.a || !pair.b;
}

static inline int group_setup(void **state)
{
	(void)state;
	return channel_table_create(&test_image);
}

#define TEST(name) cmocka_unit_test_setup(name, test_setup)

#endif
