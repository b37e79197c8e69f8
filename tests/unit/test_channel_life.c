/* SPDX-License-Identifier: MIT */
/* Channels whose components end and begin again: new connections, and none. */
#include "tests/unit/life_case.h"

static void both_may_end_and_begin_again(void **state)
{
	struct test_pair *p = *state;

	assert_passes(p->a, p->b);
	channel_table_end(B, true);
	channel_table_end(A, true);
	channel_table_begin(A);
	channel_table_begin(B);
	assert_passes(test_open(A, "pair"), test_open(B, "pair"));
}

static void what_the_survivor_sends_first_waits_for_the_next_life(void **state)
{
	struct test_pair *p = *state;

	assert_int_equal(test_send(p->b, "lost"), CHANNEL_OK);
	channel_table_end(A, true);
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
	assert_ptr_equal(test_open(B, "pair"), p->b);
	assert_int_equal(channel_reason(p->b), CHANNEL_OPEN);
	assert_int_equal(test_send(p->b, "kept"), CHANNEL_OK);
	channel_table_begin(A);
	assert_ptr_equal(test_open(A, "pair"), p->a);
	assert_recv(p->a, "kept");
	assert_passes(p->a, p->b);
}

static void a_new_life_waits_until_the_survivor_has_let_go(void **state)
{
	struct test_pair *p = *state;

	assert_int_equal(test_send(p->a, "before"), CHANNEL_OK);
	channel_table_end(A, false);
	channel_table_begin(A);
	p->a = test_open(A, "pair");
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	assert_int_equal(test_send(p->a, "x"), CHANNEL_AGAIN);
	assert_int_equal(test_recv(p->a, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_max(p->a), 2040);
	/* Not told yet, so opening changes nothing. */
	assert_ptr_equal(test_open(B, "pair"), p->b);
	assert_recv(p->b, "before");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	assert_ptr_equal(test_open(B, "pair"), p->b);
	assert_passes(p->a, p->b);
}

static void being_refused_is_being_told(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	channel_table_begin(A);
	channel_finish(p->b);
	test_open(B, "pair");
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_passes(test_open(A, "pair"), p->b);
	channel_table_end(A, true);
	assert_int_equal(test_send(p->b, "x"), CHANNEL_CLOSED);
	test_open(B, "pair");
	channel_table_begin(A);
	assert_passes(test_open(A, "pair"), p->b);
}

static void components_that_live_may_connect_again(void **state)
{
	struct test_pair *p = *state;

	assert_int_equal(test_send(p->a, "last"), CHANNEL_OK);
	channel_close(p->a);
	assert_ptr_equal(test_open(A, "pair"), p->a);
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	test_open(B, "pair");
	assert_recv(p->b, "last");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_passes(p->a, p->b);
}

static void what_is_closed_while_it_connects_is_closed_when_it_is_there(void **state)
{
	struct test_pair *p = *state;

	for (unsigned turn = 0; turn < 2; turn++) {
		channel_table_end(A, true);
		channel_table_begin(A);
		test_open(A, "pair");
		if (turn)
			channel_close(p->a);
		else
			channel_finish(p->a);
		assert_int_equal(test_send(p->a, "x"), CHANNEL_CLOSED);
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
		test_open(B, "pair");
		assert_int_equal(test_send(p->b, "y"), turn ? CHANNEL_CLOSED : CHANNEL_OK);
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
		assert_int_equal(test_recv(p->a, CHANNEL_NOW), turn ? CHANNEL_CLOSED : CHANNEL_OK);
		test_setup(state);
	}
}

static void what_is_closed_while_it_connects_can_be_opened_again(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	channel_table_begin(A);
	channel_close(test_open(A, "pair"));
	assert_int_equal(test_recv(p->a, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_ptr_equal(test_open(A, "pair"), p->a);
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	assert_int_equal(test_recv(p->a, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_passes(p->a, p->b);
}

static void a_life_that_ends_while_it_connects_leaves_no_trace(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	for (unsigned i = 0; i < 3; i++) {
		channel_table_begin(A);
		test_open(A, "pair");
		channel_table_end(A, true);
	}
	assert_int_equal(test_send(p->b, "x"), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_int_equal(test_send(p->b, "kept"), CHANNEL_OK);
	channel_table_begin(A);
	assert_recv(test_open(A, "pair"), "kept");
}

static void the_survivor_may_end_while_the_new_life_connects(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	channel_table_begin(A);
	test_open(A, "pair");
	channel_table_end(B, true);
	assert_int_equal(test_send(p->a, "kept"), CHANNEL_OK);
	channel_table_begin(B);
	assert_recv(test_open(B, "pair"), "kept");
	assert_passes(p->a, p->b);
}

static void a_peer_that_will_not_return_refuses(void **state)
{
	struct channel *goes = test_open(GOES, "last"), *stays = test_open(STAYS, "last");

	(void)state;
	assert_int_equal(test_send(goes, "bye"), CHANNEL_OK);
	channel_table_end(GOES, true);
	assert_ptr_equal(test_open(STAYS, "last"), stays);
	assert_recv(stays, "bye");
	assert_int_equal(test_recv(stays, CHANNEL_NOW), CHANNEL_CLOSED);
	/* Before anybody knew that it will not return. */
	assert_ptr_equal(test_open(STAYS, "last"), stays);
	assert_int_equal(test_recv(stays, CHANNEL_NOW), CHANNEL_AGAIN);
	test_gone = GOES;
	channel_table_end(GOES, true);
	test_gone = COMPONENT_NONE;
	assert_int_equal(test_recv(stays, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(stays), CHANNEL_PEER_DIED);
	errno = 0;
	assert_null(test_open(STAYS, "last"));
	assert_int_equal(errno, ECONNREFUSED);
	channel_table_end(STAYS, true);
	channel_table_begin(STAYS);
	assert_null(test_open(STAYS, "last"));
	assert_int_equal(errno, ECONNREFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_may_end_and_begin_again),
		TEST(what_the_survivor_sends_first_waits_for_the_next_life),
		TEST(a_new_life_waits_until_the_survivor_has_let_go),
		TEST(being_refused_is_being_told),
		TEST(components_that_live_may_connect_again),
		TEST(what_is_closed_while_it_connects_is_closed_when_it_is_there),
		TEST(what_is_closed_while_it_connects_can_be_opened_again),
		TEST(a_life_that_ends_while_it_connects_leaves_no_trace),
		TEST(the_survivor_may_end_while_the_new_life_connects),
		cmocka_unit_test(a_peer_that_will_not_return_refuses),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
