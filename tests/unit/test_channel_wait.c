/* SPDX-License-Identifier: MIT */
/* Endpoints: deadlines, sleep and wake-up. */
#include <pthread.h>

#include "tests/unit/channel_case.h"
#include "tests/unit/waiting.h"

static void a_deadline_ends_the_wait_for_a_message(void **state)
{
	struct channel_pair *p = *state;
	uint64_t wait = 20 * MS, deadline = 0;
	struct channel_stats stats = {0};

	/* On a busy machine all of it may go by before the receiver comes to sleep. */
	for (; !stats.parks; wait *= 2) {
		assert_in_range(wait, 1, 20000 * MS);
		deadline = test_in(wait);
		assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
		assert_in_range(monotonic_now(), deadline, UINT64_MAX);
		channel_stats(p->b, &stats);
	}
	assert_int_equal(stats.parks, 1);
	assert_int_equal(p->there.control->flag.receiver, 0);
	assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
}

/* Whoever is awake costs nothing; who sleeps, one call, however much is sent meanwhile. */
static void a_parked_receiver_costs_one_doorbell(void **state)
{
	struct channel_pair *p = *state;
	uint32_t *flag = &p->there.control->flag.receiver;
	struct channel_stats stats;

	assert_int_equal(channel_send(p->a, "", 0, CHANNEL_NOW), CHANNEL_OK);
	channel_stats(p->a, &stats);
	assert_int_equal(stats.bells, 0);
	for (unsigned sleeps = 1; sleeps <= 3; sleeps++) {
		bell_arm(flag, false);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(channel_send(p->a, "", 0, CHANNEL_NOW), CHANNEL_OK);
		channel_stats(p->a, &stats);
		assert_int_equal(stats.bells, sleeps);
		assert_int_equal(*flag, 0);
	}
	while (test_recv(p->b, CHANNEL_NOW) == CHANNEL_OK)
		;
	channel_stats(p->b, &stats);
	assert_int_equal(stats.parks, 0);
	assert_int_equal(stats.bells, 0);
}

static void a_deadline_ends_the_wait_for_room(void **state)
{
	struct channel_pair *p = *state;
	uint64_t deadline = test_in(20 * MS);

	assert_int_equal(test_stuff(p->a, 0), TEST_RING / 8 - 1);
	assert_int_equal(channel_send(p->a, "", 0, deadline), CHANNEL_AGAIN);
	assert_in_range(monotonic_now(), deadline, UINT64_MAX);
	assert_int_equal(p->there.control->flag.sender, 0);
}

static void a_deadline_holds_against_a_peer_that_scribbles_on_the_flag(void **state)
{
	struct channel_pair *p = *state;
	uint64_t deadline = test_in(5 * MS);

	/* Neither parked nor closed: bits that nobody defines. */
	p->there.control->flag.receiver = UINT32_C(0xabcd0000);
	assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
	assert_in_range(monotonic_now(), deadline, UINT64_MAX);
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

/* They wait for a message and for room, and sleep. */
static void test_start_receiver(struct test_thread *t, struct channel *ch)
{
	test_start(t, ch, test_receiver);
	test_until_asleep(&ch->rx_ring.control->flag.receiver);
}

static void test_start_sender(struct test_thread *t, struct channel *ch)
{
	test_stuff(ch, 24);
	test_start(t, ch, test_sender);
	test_until_asleep(&ch->tx_ring.control->flag.sender);
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

	test_start_receiver(&t, p->b);
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

	test_start_sender(&t, p->a);
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

		test_start_receiver(&t, p->b);
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

	test_start_sender(&t, p->a);
	channel_close(p->b);
	assert_int_equal(test_join(&t), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_FINISHED);
}

static void a_bad_header_wakes_everybody(void **state)
{
	struct channel_pair *p = *state;
	struct test_thread sender, receiver;

	test_start_sender(&sender, p->b);
	test_start_receiver(&receiver, p->b);
	*ring_word(p->back.memory, TEST_RING, p->a->rx.cursor) = UINT64_MAX;
	assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(test_join(&sender), CHANNEL_CLOSED);
	assert_int_equal(test_join(&receiver), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PROTOCOL);
}

static void a_request_to_stop_wakes_who_waits_for_ever(void **state)
{
	struct channel_pair *p = *state;
	struct test_thread sender, receiver;

	test_start_sender(&sender, p->b);
	test_start_receiver(&receiver, p->b);
	endpoint_stop(p->b);
	assert_int_equal(test_join(&sender), CHANNEL_STOPPING);
	assert_int_equal(test_join(&receiver), CHANNEL_STOPPING);
	assert_int_equal(channel_reason(p->b), CHANNEL_OPEN);
}

static void once_asked_to_stop_a_call_proceeds_or_does_not_wait(void **state)
{
	struct channel_pair *p = *state;

	endpoint_stop(p->b);
	assert_send(p->a, "x");
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_STOPPING);
	assert_int_equal(channel_send(p->b, "", 0, CHANNEL_FOREVER), CHANNEL_OK);
	test_stuff(p->b, 24);
	assert_int_equal(channel_send(p->b, p, 24, CHANNEL_FOREVER), CHANNEL_STOPPING);
	channel_close(p->a);
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
}

static void a_wait_with_a_deadline_goes_on_when_asked_to_stop(void **state)
{
	struct channel_pair *p = *state;
	uint64_t deadline = test_in(20 * MS);

	endpoint_stop(p->b);
	assert_int_equal(test_recv(p->b, deadline), CHANNEL_AGAIN);
	assert_in_range(monotonic_now(), deadline, UINT64_MAX);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static const struct CMUnitTest tests[] = {
	TEST(a_deadline_ends_the_wait_for_a_message),
	TEST(a_parked_receiver_costs_one_doorbell),
	TEST(a_deadline_ends_the_wait_for_room),
	TEST(a_deadline_holds_against_a_peer_that_scribbles_on_the_flag),
	TEST(a_message_wakes_the_receiver_with_one_bell),
	TEST(room_wakes_the_sender),
	TEST(finish_and_close_wake_the_receiver),
	TEST(close_wakes_the_sender),
	TEST(a_bad_header_wakes_everybody),
	TEST(a_request_to_stop_wakes_who_waits_for_ever),
	TEST(once_asked_to_stop_a_call_proceeds_or_does_not_wait),
	TEST(a_wait_with_a_deadline_goes_on_when_asked_to_stop),
};

/* Both ways of keeping the order around a sleep, whatever this kernel offers. */
int main(void)
{
	int failed;

	bell_init();
	failed = cmocka_run_group_tests_name("channel wait", tests, NULL, NULL);
	bell_mode.fenced = true;
	return failed + cmocka_run_group_tests_name("channel wait, fenced", tests, NULL, NULL);
}
