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

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/text_message.h"

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
