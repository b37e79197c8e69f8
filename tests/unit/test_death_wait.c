/* SPDX-License-Identifier: MIT */
/* Ended before the peer, which sleeps, was woken; and ended while about to sleep. */
#include <stdlib.h>

#include "ipc/set_member.h"
#include "tests/unit/death_case.h"
#include "tests/unit/waiting.h"

static void test_release(void)
{
	const void *msg;
	size_t len;

	if (channel_peek(test.mortal, CHANNEL_NOW, &msg, &len) == CHANNEL_OK)
		channel_release(test.mortal);
}

/* All that the dead one had sent. */
static void test_release_all(void)
{
	const void *msg;
	size_t len;

	while (channel_peek(test.survivor, CHANNEL_NOW, &msg, &len) == CHANNEL_OK)
		channel_release(test.survivor);
}

static void *test_sleeps_for_room(void *status)
{
	void *room;

	*(enum channel_status *)status = channel_reserve(test.survivor, 8, CHANNEL_FOREVER, &room);
	return NULL;
}

static bool a_sender_that_ends_before_it_has_woken_its_peer_leaves_nobody_asleep(unsigned long n)
{
	enum channel_status status;
	bool ended;

	test_connect(n);
	ended = test_ends_beside(test_sleeps_for_message, test_receiver_flag(), &status, life_send,
				 n);
	if (status != CHANNEL_OK)
		assert_int_equal(status, CHANNEL_CLOSED);
	channel_close(test.survivor);
	return ended;
}

static void *test_sleeps_in_set(void *status)
{
	struct channel_set *set = channel_set_new();
	void *tag;

	channel_set_receive(set, test.survivor, NULL);
	*(enum channel_status *)status = channel_set_wait(set, CHANNEL_FOREVER, &tag);
	channel_set_free(set);
	return NULL;
}

static bool a_sender_that_ends_before_it_has_told_a_set_leaves_nobody_asleep(unsigned long n)
{
	enum channel_status status;
	bool ended;

	test_connect(n);
	ended = test_ends_beside(test_sleeps_in_set, test_receiver_flag(), &status, life_send, n);
	assert_int_equal(status, CHANNEL_OK);
	channel_close(test.survivor);
	return ended;
}

/* All that makes up a portion of room but for the last message of it. */
static void test_fill_and_release(void)
{
	unsigned portion = RING / RING_ACK_SHARE / (8 + 8);

	while (channel_send(test.survivor, "12345678", 8, CHANNEL_NOW) == CHANNEL_OK)
		;
	for (unsigned i = 1; i < portion; i++)
		test_release();
}

static bool a_receiver_that_ends_before_it_has_made_room_leaves_nobody_asleep(unsigned long n)
{
	enum channel_status status;
	bool ended;

	test_connect(0);
	test_fill_and_release();
	ended = test_ends_beside(test_sleeps_for_room, &test.survivor->tx_ring.control->flag.sender,
				 &status, test_release, n);
	if (status != CHANNEL_OK)
		assert_int_equal(status, CHANNEL_CLOSED);
	assert_told(0, 0);
	return ended;
}

static struct {
	struct channel_set *set;
	struct channel_member *receive, *room;
} test_mortal;

static void test_set_up(void)
{
	test_component = MORTAL;
	test_mortal.set = channel_set_new();
	test_component = COMPONENT_NONE;
	test_mortal.receive = channel_set_receive(test_mortal.set, test.mortal, NULL);
	test_mortal.room =
		channel_set_send(test_mortal.set, test.mortal, channel_max(test.mortal), NULL);
	/* As after thousands of tries in vain: cooled down by the next wait. */
	test_mortal.set->vain = UINT32_MAX;
	test_mortal.receive->vain = test_mortal.room->vain = UINT32_MAX / 2;
}

/* As its heap goes with a component: nothing is taken out of any list. */
static void test_set_gone(void)
{
	free(test_mortal.receive);
	free(test_mortal.room);
	set_end(test_mortal.set);
	free(test_mortal.set);
}

/* The set names both flags of the end, tries again, and warms them up again. */
static void life_in_set(void)
{
	void *tag;

	channel_set_wait(test_mortal.set, CHANNEL_NOW, &tag);
}

static bool who_waits_in_a_set_may_end_at_any_instruction(unsigned long n)
{
	bool ended;

	test_connect(n);
	while (channel_send(test.mortal, "12345678", 8, CHANNEL_NOW) == CHANNEL_OK)
		;
	test_set_up();
	ended = test_ends(life_in_set, n);
	/* Rings for a bell whose owner is gone, perhaps. */
	assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW), CHANNEL_OK);
	test_release_all();
	channel_table_end(MORTAL, true);
	test_set_gone();
	assert_told(0, 0);
	return ended;
}

/* From here on it is being stepped through: the polls before are all the same. */
static uint64_t test_rests(void)
{
	step_on();
	return UINT64_MAX;
}

static uint64_t test_wait;

static void life_parked(void)
{
	char buf[16];
	size_t len;

	step_off();
	test.mortal->rx_patience.times = 1; /* few polls */
	channel_recv(test.mortal, buf, sizeof(buf), &len, test_in(test_wait));
}

static bool who_sleeps_itself_may_end_at_any_instruction(unsigned long n)
{
	uint64_t (*rest)(void) = endpoint_rest;
	struct channel_stats stats = {0};
	bool ended = false;

	/* On a busy machine all of the wait may go by before it comes to sleep. */
	for (test_wait = 3 * MS; !ended && !stats.parks; test_wait *= 2) {
		test_connect(n);
		endpoint_rest = test_rests;
		ended = test_ends(life_parked, n);
		endpoint_rest = rest;
		channel_stats(test.mortal, &stats);
		assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW), CHANNEL_OK);
		channel_table_end(MORTAL, true);
		assert_told(0, 0);
	}
	return ended;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sender_that_ends_before_it_has_woken_its_peer_leaves_nobody_asleep, 101),
		TEST(a_sender_that_ends_before_it_has_told_a_set_leaves_nobody_asleep, 101),
		TEST(a_receiver_that_ends_before_it_has_made_room_leaves_nobody_asleep, 101),
		TEST(who_waits_in_a_set_may_end_at_any_instruction, 301),
		TEST(who_sleeps_itself_may_end_at_any_instruction, 101),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
