/* SPDX-License-Identifier: MIT */
/* Endpoints: messages, back-pressure, closing. */
#include "tests/unit/channel_case.h"

static void messages_pass_both_ways_in_order(void **state)
{
	struct channel_pair *p = *state;

	assert_send(p->a, "one");
	assert_send(p->a, "");
	assert_send(p->b, "eins");
	assert_send(p->a, "three");
	assert_recv(p->b, "one");
	assert_recv(p->b, "");
	assert_recv(p->a, "eins");
	assert_recv(p->b, "three");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void the_peer_sees_nothing_before_the_commit(void **state)
{
	struct channel_pair *p = *state;
	void *room;

	assert_int_equal(channel_reserve(p->a, 100, CHANNEL_NOW, &room), CHANNEL_OK);
	memcpy(room, "draft", 5);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_reserve(p->a, 5, CHANNEL_NOW, &room), CHANNEL_OK);
	memcpy(room, "final", 5);
	assert_int_equal(channel_commit(p->a, 5), CHANNEL_OK);
	assert_recv(p->b, "final");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void calls_out_of_turn_are_misuse(void **state)
{
	struct channel_pair *p = *state;
	void *room;

	assert_int_equal(channel_commit(p->a, 0), CHANNEL_MISUSE);
	assert_int_equal(channel_release(p->a), CHANNEL_MISUSE);
	assert_int_equal(channel_reserve(p->a, 3, CHANNEL_NOW, &room), CHANNEL_OK);
	assert_int_equal(channel_commit(p->a, 4), CHANNEL_MISUSE);
	assert_int_equal(channel_commit(p->a, 0), CHANNEL_OK);
	assert_int_equal(channel_commit(p->a, 0), CHANNEL_MISUSE);
	assert_recv(p->b, "");
	assert_int_equal(channel_release(p->b), CHANNEL_MISUSE);
}

static void a_message_too_long_for_the_buffer_stays(void **state)
{
	struct channel_pair *p = *state;
	char buf[4];
	size_t len;

	assert_send(p->a, "hello");
	assert_int_equal(channel_recv(p->b, buf, 4, &len, CHANNEL_NOW), CHANNEL_TOO_BIG);
	assert_int_equal(len, 5);
	assert_recv(p->b, "hello");
}

static void the_largest_message_is_half_a_ring_with_its_header(void **state)
{
	struct channel_pair *p = *state;
	void *room;

	assert_int_equal(channel_max(p->a), TEST_RING / 2 - 8);
	assert_int_equal(channel_reserve(p->a, channel_max(p->a), CHANNEL_NOW, &room), CHANNEL_OK);
	assert_int_equal(channel_reserve(p->a, channel_max(p->a) + 1, CHANNEL_FOREVER, &room),
			 CHANNEL_TOO_BIG);
}

static void a_full_ring_holds_back_until_the_receiver_has_drained_it(void **state)
{
	struct channel_pair *p = *state;
	unsigned n = test_stuff(p->a, 24);

	assert_int_equal(n, TEST_RING / 32 - 1);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(test_stuff(p->a, 24), n);
}

static void an_empty_look_hands_back_less_than_a_portion(void **state)
{
	struct channel_pair *p = *state;
	void *room;

	/* One word behind the middle: the pad and the largest message take the whole ring. */
	assert_int_equal(channel_reserve(p->a, channel_max(p->a), CHANNEL_NOW, &room), CHANNEL_OK);
	assert_int_equal(channel_commit(p->a, channel_max(p->a)), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	assert_send(p->a, "");
	assert_recv(p->b, "");
	assert_int_equal(channel_reserve(p->a, channel_max(p->a), CHANNEL_NOW, &room),
			 CHANNEL_AGAIN);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_reserve(p->a, channel_max(p->a), CHANNEL_NOW, &room), CHANNEL_OK);
}

static void after_finish_the_peer_reads_what_was_sent_and_may_answer(void **state)
{
	struct channel_pair *p = *state;

	assert_send(p->a, "last words");
	channel_finish(p->a);
	channel_finish(p->a);
	assert_int_equal(channel_send(p->a, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_OPEN);
	assert_recv(p->b, "last words");
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
	assert_send(p->b, "answer");
	assert_recv(p->a, "answer");
	channel_finish(p->b);
	assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_FINISHED);
}

static void after_close_neither_side_sends_or_receives(void **state)
{
	struct channel_pair *p = *state;
	void *room;

	assert_send(p->b, "lost");
	assert_int_equal(channel_reserve(p->b, 1, CHANNEL_NOW, &room), CHANNEL_OK);
	channel_close(p->a);
	channel_close(p->a);
	assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_send(p->a, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_FINISHED);
	assert_int_equal(channel_commit(p->b, 1), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
	assert_int_equal(channel_send(p->b, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_commit(p->b, 0), CHANNEL_MISUSE);
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	channel_close(p->b);
}

static void a_full_ring_can_still_be_closed(void **state)
{
	struct channel_pair *p = *state;
	unsigned n = test_stuff(p->a, 24);

	channel_close(p->a);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
}

static void a_peeked_message_can_be_read_while_the_peer_closes(void **state)
{
	struct channel_pair *p = *state;
	const void *msg;
	size_t len;

	assert_send(p->a, "kept");
	assert_int_equal(channel_peek(p->b, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	channel_close(p->a);
	assert_memory_equal(msg, "kept", 4);
	assert_int_equal(channel_release(p->b), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
}

static void closing_lets_go_of_a_peeked_message(void **state)
{
	struct channel_pair *p = *state;
	const void *msg;
	size_t len;

	assert_send(p->a, "gone");
	assert_int_equal(channel_peek(p->b, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	channel_close(p->b);
	assert_int_equal(channel_peek(p->b, CHANNEL_NOW, &msg, &len), CHANNEL_CLOSED);
	assert_int_equal(channel_release(p->b), CHANNEL_MISUSE);
}

static void a_peer_that_died_is_told_from_one_that_finished(void **state)
{
	struct channel_pair *p = *state;

	assert_send(p->a, "x");
	endpoint_close(p->a, CHANNEL_PEER_DIED);
	assert_int_equal(channel_send(p->b, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
	assert_recv(p->b, "x");
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
}

static void a_bad_header_closes_both_directions_of_both_ends(void **state)
{
	struct channel_pair *p = *state;

	*ring_word(p->there.memory, TEST_RING, p->b->rx.cursor) = UINT64_MAX;
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PROTOCOL);
	assert_int_equal(channel_send(p->b, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_send(p->a, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_PROTOCOL);
}

static void a_bad_position_closes_both_directions_of_both_ends(void **state)
{
	struct channel_pair *p = *state;

	test_stuff(p->a, 0);
	p->there.control->acked++;
	assert_int_equal(channel_send(p->a, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_PROTOCOL);
	assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_send(p->b, "", 0, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PROTOCOL);
}

static void every_value_has_its_phrase(void **state)
{
	(void)state;
	for (enum channel_status s = CHANNEL_OK; s <= CHANNEL_FAILED; s++)
		assert_string_not_equal(channel_status_text(s), "unknown status");
	for (enum channel_reason r = CHANNEL_OPEN; r <= CHANNEL_CONNECTING; r++)
		assert_string_not_equal(channel_reason_text(r), "unknown reason");
	assert_string_equal(channel_status_text(99), "unknown status");
	assert_string_equal(channel_reason_text(99), "unknown reason");
}

static const struct CMUnitTest tests[] = {
	TEST(messages_pass_both_ways_in_order),
	TEST(the_peer_sees_nothing_before_the_commit),
	TEST(calls_out_of_turn_are_misuse),
	TEST(a_message_too_long_for_the_buffer_stays),
	TEST(the_largest_message_is_half_a_ring_with_its_header),
	TEST(a_full_ring_holds_back_until_the_receiver_has_drained_it),
	TEST(an_empty_look_hands_back_less_than_a_portion),
	TEST(after_finish_the_peer_reads_what_was_sent_and_may_answer),
	TEST(after_close_neither_side_sends_or_receives),
	TEST(a_full_ring_can_still_be_closed),
	TEST(a_peeked_message_can_be_read_while_the_peer_closes),
	TEST(closing_lets_go_of_a_peeked_message),
	TEST(a_peer_that_died_is_told_from_one_that_finished),
	TEST(a_bad_header_closes_both_directions_of_both_ends),
	TEST(a_bad_position_closes_both_directions_of_both_ends),
	TEST(every_value_has_its_phrase),
};

/* Both ways of keeping the order around a sleep, whatever this kernel offers. */
int main(void)
{
	int failed;

	bell_init();
	failed = cmocka_run_group_tests_name("channel", tests, NULL, NULL);
	bell_mode.fenced = true;
	return failed + cmocka_run_group_tests_name("channel, fenced", tests, NULL, NULL);
}
