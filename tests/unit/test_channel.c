/* SPDX-License-Identifier: MIT */
/* Endpoints: back-pressure, closing, deadlines, sleep and wake-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <time.h>

#include "tests/unit/channel_pair.h"

#define TEST_RING 4096
#define TEST_MS UINT64_C(1000000)

static uint64_t test_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 * TEST_MS + (uint64_t)t.tv_nsec;
}

static void test_nap(uint64_t ns)
{
	nanosleep(&(struct timespec){.tv_nsec = (long)ns}, NULL);
}

static int pair_setup(void **state)
{
	static struct channel_pair pair;

	channel_pair_init(&pair, TEST_RING, (uint64_t)-3 * TEST_RING);
	*state = &pair;
	return 0;
}

static int pair_teardown(void **state)
{
	channel_pair_free(*state);
	return 0;
}

static void assert_send(struct channel *ch, const char *text)
{
	assert_int_equal(channel_send(ch, text, strlen(text), CHANNEL_NOW), CHANNEL_OK);
}

static void assert_recv(struct channel *ch, const char *text)
{
	char buf[TEST_RING];
	size_t len;

	assert_int_equal(channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static enum channel_status test_recv(struct channel *ch, uint64_t deadline)
{
	char buf[TEST_RING];
	size_t len;

	return channel_recv(ch, buf, sizeof(buf), &len, deadline);
}

/* Messages of len bytes that go in before there is no room. */
static unsigned test_stuff(struct channel *ch, size_t len)
{
	static const char zeroes[TEST_RING];
	unsigned n = 0;

	while (channel_send(ch, zeroes, len, CHANNEL_NOW) == CHANNEL_OK)
		n++;
	return n;
}

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

static void a_deadline_ends_the_wait_for_a_message(void **state)
{
	struct channel_pair *p = *state;
	uint64_t deadline = test_now() + 20 * TEST_MS;
	struct channel_stats stats;

	assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
	assert_true(test_now() >= deadline);
	channel_stats(p->b, &stats);
	assert_int_equal(stats.parks, 1);
	assert_int_equal(p->there.control->flag.receiver, 0);
	assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
}

static void a_deadline_ends_the_wait_for_room(void **state)
{
	struct channel_pair *p = *state;
	uint64_t deadline = test_now() + 20 * TEST_MS;

	assert_int_equal(test_stuff(p->a, 0), TEST_RING / 8 - 1);
	assert_int_equal(channel_send(p->a, "", 0, deadline), CHANNEL_AGAIN);
	assert_true(test_now() >= deadline);
	assert_int_equal(p->there.control->flag.sender, 0);
}

static void a_deadline_holds_against_a_peer_that_scribbles_on_the_flag(void **state)
{
	struct channel_pair *p = *state;
	uint64_t deadline = test_now() + 5 * TEST_MS;

	/* Neither parked nor closed: bits that nobody defines. */
	p->there.control->flag.receiver = UINT32_C(0xabcd0000);
	assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
	assert_true(test_now() >= deadline);
}

struct test_thread {
	struct channel *ch;
	enum channel_status status;
	pthread_t id;
};

static void *test_receiver(void *arg)
{
	struct test_thread *t = arg;

	t->status = test_recv(t->ch, CHANNEL_FOREVER);
	return NULL;
}

static void *test_sender(void *arg)
{
	struct test_thread *t = arg;
	void *room;

	t->status = channel_reserve(t->ch, channel_max(t->ch), CHANNEL_FOREVER, &room);
	return NULL;
}

static void test_start(struct test_thread *t, struct channel *ch, void *(*run)(void *))
{
	t->ch = ch;
	assert_int_equal(pthread_create(&t->id, NULL, run, t), 0);
}

/* Until so many parks have been counted, and the threads have had time to sleep. */
static void test_until_parked(struct channel *ch, uint64_t times)
{
	struct channel_stats stats = {0};

	while (stats.parks < times) {
		test_nap(TEST_MS);
		channel_stats(ch, &stats);
	}
	test_nap(2 * TEST_MS);
}

static enum channel_status test_join(struct test_thread *t)
{
	assert_int_equal(pthread_join(t->id, NULL), 0);
	return t->status;
}

static void a_message_wakes_the_receiver_with_one_bell(void **state)
{
	struct channel_pair *p = *state;
	struct channel_stats stats;
	struct test_thread t;

	test_start(&t, p->b, test_receiver);
	test_until_parked(p->b, 1);
	assert_send(p->a, "x");
	assert_int_equal(test_join(&t), CHANNEL_OK);
	channel_stats(p->a, &stats);
	assert_int_equal(stats.bells, 1);
	assert_send(p->a, "y");
	channel_stats(p->a, &stats);
	assert_int_equal(stats.bells, 1);
	assert_int_equal(stats.sent, 2);
	assert_int_equal(stats.sent_bytes, 2);
}

static void room_wakes_the_sender(void **state)
{
	struct channel_pair *p = *state;
	struct test_thread t;

	test_stuff(p->a, 24);
	test_start(&t, p->a, test_sender);
	test_until_parked(p->a, 1);
	while (test_recv(p->b, CHANNEL_NOW) == CHANNEL_OK)
		;
	assert_int_equal(test_join(&t), CHANNEL_OK);
}

static void finish_and_close_wake_the_receiver(void **state)
{
	void (*ends[])(struct channel *) = {channel_finish, channel_close};
	struct test_thread t;

	for (unsigned i = 0; i < 2; i++) {
		struct channel_pair *p = *state;

		test_start(&t, p->b, test_receiver);
		test_until_parked(p->b, 1);
		ends[i](p->a);
		assert_int_equal(test_join(&t), CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
		pair_teardown(state);
		pair_setup(state);
	}
}

static void close_wakes_the_sender(void **state)
{
	struct channel_pair *p = *state;
	struct test_thread t;

	test_stuff(p->a, 24);
	test_start(&t, p->a, test_sender);
	test_until_parked(p->a, 1);
	channel_close(p->b);
	assert_int_equal(test_join(&t), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_FINISHED);
}

static void a_bad_header_wakes_everybody(void **state)
{
	struct channel_pair *p = *state;
	struct test_thread sender, receiver;

	test_stuff(p->b, 24);
	test_start(&sender, p->b, test_sender);
	test_start(&receiver, p->b, test_receiver);
	test_until_parked(p->b, 2);
	*ring_word(p->back.memory, TEST_RING, p->a->rx.cursor) = UINT64_MAX;
	assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(test_join(&sender), CHANNEL_CLOSED);
	assert_int_equal(test_join(&receiver), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PROTOCOL);
}

static void every_value_has_its_phrase(void **state)
{
	(void)state;
	for (enum channel_status s = CHANNEL_OK; s <= CHANNEL_MISUSE; s++)
		assert_string_not_equal(channel_status_text(s), "unknown status");
	for (enum channel_reason r = CHANNEL_OPEN; r <= CHANNEL_PROTOCOL; r++)
		assert_string_not_equal(channel_reason_text(r), "unknown reason");
	assert_string_equal(channel_status_text(99), "unknown status");
	assert_string_equal(channel_reason_text(99), "unknown reason");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

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
	TEST(a_deadline_ends_the_wait_for_a_message),
	TEST(a_deadline_ends_the_wait_for_room),
	TEST(a_deadline_holds_against_a_peer_that_scribbles_on_the_flag),
	TEST(a_message_wakes_the_receiver_with_one_bell),
	TEST(room_wakes_the_sender),
	TEST(finish_and_close_wake_the_receiver),
	TEST(close_wakes_the_sender),
	TEST(a_bad_header_wakes_everybody),
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
