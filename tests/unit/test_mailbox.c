/* SPDX-License-Identifier: MIT */
/* Calls through the mailbox: what passes, and in which order. */
#include "tests/unit/mailbox_case.h"

static void requests_and_replies_of_any_length_pass_both_ways_at_once(void **state)
{
	static const char text[] = "123456789012345678901234567890123456789012345678";
	struct channel_pair *p = *state;
	char there[MAILBOX_MAX + 1] = "", back[MAILBOX_MAX + 1] = "";

	assert_int_equal(strlen(text), MAILBOX_MAX);
	test_serve(p->a);
	test_serve(p->b);
	for (unsigned len = 0; len <= MAILBOX_MAX; len++) {
		memcpy(there, text + MAILBOX_MAX - len, len + 1);
		memcpy(back, text, len);
		assert_start(p->a, there);
		assert_start(p->b, back);
		assert_next(p->b, true, there);
		assert_next(p->a, true, back);
		test_serve(p->b); /* the request is there once */
		assert_int_equal(test_wait(p->a, CHANNEL_NOW), CHANNEL_AGAIN);
		assert_reply(p->b, back);
		assert_replied(p->a, back);
		assert_reply(p->a, there);
		assert_replied(p->b, there);
	}
}

static void what_is_longer_than_the_line_or_the_buffer_is_too_big(void **state)
{
	struct channel_pair *p = *state;
	char reply[MAILBOX_MAX + 1] = "";
	size_t len;

	test_serve(p->b);
	assert_int_equal(mailbox_start(p->a, reply, MAILBOX_MAX + 1, CHANNEL_NOW), CHANNEL_TOO_BIG);
	assert_start(p->a, "x");
	assert_next(p->b, true, "x");
	assert_int_equal(mailbox_reply(p->b, reply, MAILBOX_MAX + 1), CHANNEL_TOO_BIG);
	assert_reply(p->b, "12345678");
	assert_int_equal(mailbox_wait(p->a, reply, 7, &len, CHANNEL_NOW), CHANNEL_TOO_BIG);
	assert_int_equal(len, 8);
	assert_int_equal(test_wait(p->a, CHANNEL_NOW), CHANNEL_MISUSE);
	assert_start(p->a, "y");
}

static void a_call_waits_for_a_peer_that_serves(void **state)
{
	struct channel_pair *p = *state;

	assert_int_equal(test_start(p->a, "x", CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(test_start(p->a, "x", test_in(2 * MS)), CHANNEL_AGAIN);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(test_start(p->a, "x", CHANNEL_NOW), CHANNEL_AGAIN);
	test_serve(p->b);
	assert_start(p->a, "x");
	assert_next(p->b, true, "x");
}

static void calls_and_replies_without_their_other_half_are_misuse(void **state)
{
	struct channel_pair *p = *state;

	test_serve(p->b);
	assert_int_equal(test_wait(p->a, CHANNEL_NOW), CHANNEL_MISUSE);
	assert_int_equal(mailbox_reply(p->b, "", 0), CHANNEL_MISUSE);
	assert_start(p->a, "x");
	assert_int_equal(test_start(p->a, "y", CHANNEL_NOW), CHANNEL_MISUSE);
	assert_int_equal(mailbox_reply(p->b, "", 0), CHANNEL_MISUSE);
	assert_next(p->b, true, "x");
	assert_reply(p->b, "");
	assert_int_equal(mailbox_reply(p->b, "", 0), CHANNEL_MISUSE);
	assert_replied(p->a, "");
}

static void a_request_has_its_place_among_the_messages(void **state)
{
	struct channel_pair *p = *state;

	test_serve(p->b);
	/* Round the ring some times, with pads. */
	for (unsigned i = 0; i < 200; i++) {
		char long_one[201] = "";
		void *room;

		memset(long_one, 'a' + (int)(i % 20), 8 * (i % 26));
		assert_send(p->a, "one");
		assert_send(p->a, long_one);
		if (i % 3 == 0) {
			assert_int_equal(channel_reserve(p->a, 4, CHANNEL_NOW, &room), CHANNEL_OK);
			memcpy(room, "held", 4);
			assert_int_equal(channel_commit_quiet(p->a, 4), CHANNEL_OK);
		}
		assert_start(p->a, "call");
		mailbox_drop(p->a);
		assert_send(p->a, "two");
		assert_next(p->b, false, "one");
		assert_next(p->b, false, long_one);
		if (i % 3 == 0)
			assert_next(p->b, false, "held");
		assert_next(p->b, true, "call");
		if (i % 2)
			assert_reply(p->b, "");
		assert_next(p->b, false, "two");
		if (i % 2 == 0)
			assert_reply(p->b, "");
		test_serve(p->b);
	}
}

/* A look at the ring alone goes over the pad behind which the message is. */
static void a_request_in_front_of_a_pad_is_not_passed_over(void **state)
{
	static const char long_one[1201];
	struct channel_pair *p = *state;
	const void *msg;
	size_t len;

	test_serve(p->b);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(channel_send(p->a, long_one, 1200, CHANNEL_NOW), CHANNEL_OK);
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	}
	assert_start(p->a, "call");
	mailbox_drop(p->a);
	assert_int_equal(channel_send(p->a, long_one, 1201, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(channel_peek(p->b, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	assert_int_equal(p->b->rx.cursor % TEST_RING, 0);
	assert_next(p->b, true, "call");
	assert_reply(p->b, "");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
}

static void a_late_reply_is_not_taken_for_that_to_the_next_call(void **state)
{
	struct channel_pair *p = *state;

	test_serve(p->b);
	assert_start(p->a, "first");
	assert_int_equal(test_wait(p->a, test_in(2 * MS)), CHANNEL_AGAIN);
	mailbox_drop(p->a);
	assert_int_equal(test_start(p->a, "second", CHANNEL_NOW), CHANNEL_AGAIN);
	assert_next(p->b, true, "first");
	assert_int_equal(test_start(p->a, "second", CHANNEL_NOW), CHANNEL_AGAIN);
	assert_reply(p->b, "late");
	assert_start(p->a, "second");
	assert_int_equal(test_wait(p->a, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_next(p->b, true, "second");
	assert_reply(p->b, "in time");
	assert_replied(p->a, "in time");
}

static void a_message_held_keeps_its_place_behind_a_request(void **state)
{
	struct channel_pair *p = *state;
	const void *msg;
	size_t len;

	test_serve(p->b);
	assert_send(p->a, "message");
	assert_int_equal(channel_peek(p->b, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	assert_start(p->a, "call");
	assert_next(p->b, false, "message");
	assert_next(p->b, true, "call");
	/* As call.h does, whatever came. */
	assert_int_equal(channel_release(p->b), CHANNEL_OK);
	assert_reply(p->b, "reply");
	assert_replied(p->a, "reply");
}

static const struct CMUnitTest tests[] = {
	TEST(requests_and_replies_of_any_length_pass_both_ways_at_once),
	TEST(what_is_longer_than_the_line_or_the_buffer_is_too_big),
	TEST(a_call_waits_for_a_peer_that_serves),
	TEST(calls_and_replies_without_their_other_half_are_misuse),
	TEST(a_request_has_its_place_among_the_messages),
	TEST(a_request_in_front_of_a_pad_is_not_passed_over),
	TEST(a_late_reply_is_not_taken_for_that_to_the_next_call),
	TEST(a_message_held_keeps_its_place_behind_a_request),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
