/* SPDX-License-Identifier: MIT */
/* A set and many pairs of endpoints, for the tests of sets. */
#ifndef TESTS_UNIT_SET_CASE_H
#define TESTS_UNIT_SET_CASE_H

#include "ipc/set_member.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/waiting.h"

#define PAIRS 200

static struct channel_pair pairs[PAIRS];
static struct channel_set *set;

static inline int set_setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PAIRS; i++)
		channel_pair_init(&pairs[i], TEST_RING, 0);
	test_component = 3;
	set = channel_set_new();
	return set == NULL;
}

static inline int set_teardown(void **state)
{
	(void)state;
	channel_set_free(set);
	for (unsigned i = 0; i < PAIRS; i++)
		channel_pair_free(&pairs[i]);
	return 0;
}

/* Every pair's b, to be received on; the tag is the pair. */
static inline void add_all(void)
{
	for (unsigned i = 0; i < PAIRS; i++)
		assert_non_null(channel_set_receive(set, pairs[i].b, &pairs[i]));
}

static inline void assert_ready(const void *want)
{
	void *tag = NULL;

	assert_int_equal(channel_set_wait(set, test_in(5000 * MS), &tag), CHANNEL_OK);
	assert_ptr_equal(tag, want);
}

static inline void assert_none(uint64_t deadline)
{
	void *tag;

	assert_int_equal(channel_set_wait(set, deadline, &tag), CHANNEL_AGAIN);
}

/* Wait until all members are cold: how long that takes depends on who else wants the processor. */
static inline void go_cold(void)
{
	uint64_t patience = test_in(10000 * MS);

	do
		assert_none(test_in(2 * MS));
	while (set->hot_count && monotonic_now() < patience);
	assert_int_equal(set->hot_count, 0);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_setup, set_teardown)

#endif
