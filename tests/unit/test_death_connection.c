/* SPDX-License-Identifier: MIT */
/* Ended in the middle of closing, of opening again, of waiting for a connection. */
#include "tests/unit/death_case.h"

static void life_close(void)
{
	channel_finish(test.mortal);
	channel_close(test.mortal);
}

static bool who_closes_may_end_at_any_instruction(unsigned long n)
{
	enum channel_status status;
	bool ended;

	test_connect(n);
	ended = test_ends_beside(test_sleeps_for_message, test_receiver_flag(), &status, life_close,
				 n);
	assert_int_equal(status, CHANNEL_CLOSED);
	assert_told(0, 0);
	if (!ended)
		assert_int_equal(channel_reason(test.survivor), CHANNEL_FINISHED);
	return ended;
}

static void life_reopen(void)
{
	channel_close(test.mortal);
	test.mortal = test_open(MORTAL, "pair");
	life_send_one(0);
}

static bool who_opens_again_may_end_at_any_instruction(unsigned long n)
{
	bool ended;

	test_connect(n);
	ended = test_ends(life_reopen, n);
	test_component = COMPONENT_NONE;
	channel_table_end(MORTAL, true);
	assert_told(0, 0);
	return ended;
}

/* The survivor, which had let go, waits in a connection for the next life; that is there. */
static void assert_awaits(void)
{
	test_send(test.survivor, 5);
	channel_table_begin(MORTAL);
	test.mortal = test_open(MORTAL, "pair");
	assert_int_equal(test_recv(test.mortal, 5, CHANNEL_NOW), CHANNEL_OK);
	channel_table_end(MORTAL, true);
	assert_told(0, 0);
}

static bool who_opens_again_last_may_end_at_any_instruction(unsigned long n)
{
	bool ended;

	test_connect(n);
	channel_close(test.survivor);
	test_open(SURVIVOR, "pair");
	ended = test_ends(life_reopen, n);
	test_component = COMPONENT_NONE;
	channel_table_end(MORTAL, true);
	assert_int_not_equal(channel_reason(test.survivor), CHANNEL_CONNECTING);
	if (!test.done && test_recv(test.survivor, 0, CHANNEL_NOW) == CHANNEL_AGAIN)
		assert_awaits();
	else
		assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW), CHANNEL_CLOSED);
	return ended;
}

static void life_connecting(void)
{
	const void *msg;
	size_t len;

	life_send_one(0);
	channel_peek(test.mortal, CHANNEL_NOW, &msg, &len);
	channel_close(test.mortal);
}

/* Before the peer has let go, and at the moment when it has. */
static bool who_waits_for_its_connection_may_end_at_any_instruction(unsigned long n)
{
	bool ended = false;

	for (unsigned ready = 0; ready < 2; ready++) {
		test_connect(0);
		channel_close(test.mortal);
		test_open(MORTAL, "pair");
		channel_close(test.survivor);
		assert_int_equal(channel_reason(test.mortal), CHANNEL_CONNECTING);
		if (ready)
			test_open(SURVIVOR, "pair");
		ended = test_ends(life_connecting, n);
		if (!ready)
			test_open(SURVIVOR, "pair");
		channel_table_end(MORTAL, true);
		assert_told(test.done, ready);
	}
	return ended;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_closes_may_end_at_any_instruction, 101),
		TEST(who_opens_again_may_end_at_any_instruction, 101),
		TEST(who_opens_again_last_may_end_at_any_instruction, 101),
		TEST(who_waits_for_its_connection_may_end_at_any_instruction, 101),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
