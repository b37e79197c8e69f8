/* SPDX-License-Identifier: MIT */
/* Sets: what is reported, in what order, at what cost. */
#include "tests/unit/set_case.h"
#include "tests/unit/random.h"

static void an_empty_set_waits_for_its_deadline(void **state)
{
	uint64_t deadline = test_in(10 * MS);

	(void)state;
	assert_none(CHANNEL_NOW);
	assert_none(deadline);
	assert_in_range(monotonic_now(), deadline, UINT64_MAX);
}

static void a_message_makes_its_endpoint_ready_until_it_is_received(void **state)
{
	(void)state;
	add_all();
	assert_none(CHANNEL_NOW);
	assert_send(pairs[7].a, "seven");
	assert_ready(&pairs[7]);
	assert_ready(&pairs[7]);
	assert_recv(pairs[7].b, "seven");
	assert_none(CHANNEL_NOW);
}

static void cold_members_cost_nothing_and_are_told(void **state)
{
	(void)state;
	add_all();
	go_cold();
	for (unsigned i = 0; i < 50; i++) {
		unsigned at = i * 13 % PAIRS;

		assert_send(pairs[at].a, "news");
		assert_ready(&pairs[at]);
		assert_int_equal(set->hot_count, 1);
		assert_recv(pairs[at].b, "news");
		go_cold();
	}
}

static void members_that_bring_nothing_cool_down_while_others_are_busy(void **state)
{
	(void)state;
	add_all();
	for (unsigned i = 0; i < 100; i++) {
		assert_send(pairs[7].a, "busy");
		assert_ready(&pairs[7]);
		assert_recv(pairs[7].b, "busy");
	}
	assert_int_equal(set->hot_count, 1);
	assert_send(pairs[8].a, "news");
	assert_ready(&pairs[8]);
}

static void ready_members_are_reported_in_turn(void **state)
{
	void *turn[5], *tag;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_non_null(channel_set_receive(set, pairs[i].b, &pairs[i]));
		/* The first one would never run dry. */
		for (unsigned n = 0; n < (i ? 10 : 100); n++)
			assert_send(pairs[i].a, "x");
	}
	for (unsigned n = 0; n < 50; n++) {
		struct channel_pair *p;

		assert_int_equal(channel_set_wait(set, CHANNEL_NOW, &tag), CHANNEL_OK);
		p = tag;
		assert_recv(p->b, "x");
		if (n >= 5)
			assert_ptr_equal(tag, turn[n % 5]);
		turn[n % 5] = tag;
	}
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(test_recv(pairs[i].b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void a_newcomer_has_its_turn_among_the_busy(void **state)
{
	struct channel_pair *p = &pairs[9];
	unsigned waits = 0;
	void *tag = NULL;

	(void)state;
	add_all();
	go_cold();
	for (unsigned i = 0; i < 4; i++)
		test_stuff(pairs[i].a, 8);
	assert_ready(&pairs[0]);
	assert_send(p->a, "late");
	for (; tag != p; waits++)
		assert_int_equal(channel_set_wait(set, CHANNEL_NOW, &tag), CHANNEL_OK);
	assert_in_range(waits, 1, 5);
}

static void room_makes_a_sender_ready(void **state)
{
	struct channel_pair *p = &pairs[0];
	void *room;

	(void)state;
	assert_non_null(channel_set_send(set, p->a, 1000, p));
	assert_ready(p);
	assert_int_equal(channel_commit(p->a, 0), CHANNEL_MISUSE);
	test_stuff(p->a, 0);
	go_cold();
	for (unsigned n = 0; n < TEST_RING / 8 - 1; n++)
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	assert_ready(p);
	assert_int_equal(channel_reserve(p->a, 1000, CHANNEL_NOW, &room), CHANNEL_OK);
}

static void what_is_closed_is_ready(void **state)
{
	struct channel_member *m = channel_set_receive(set, pairs[0].b, &pairs[0]);

	(void)state;
	assert_non_null(channel_set_send(set, pairs[1].b, 8, &pairs[1]));
	test_stuff(pairs[1].b, 0);
	go_cold();
	channel_finish(pairs[0].a);
	assert_ready(&pairs[0]);
	assert_ready(&pairs[0]);
	assert_int_equal(test_recv(pairs[0].b, CHANNEL_NOW), CHANNEL_CLOSED);
	channel_member_remove(m);
	channel_close(pairs[1].a);
	assert_ready(&pairs[1]);
}

static void a_removed_member_is_not_reported(void **state)
{
	struct channel_member *m = channel_set_receive(set, pairs[0].b, NULL);

	(void)state;
	go_cold();
	assert_int_not_equal(pairs[0].there.control->flag.receiver, 0);
	channel_member_remove(m);
	assert_int_equal(pairs[0].there.control->flag.receiver, 0);
	assert_send(pairs[0].a, "x");
	assert_none(CHANNEL_NOW);
	m = channel_set_receive(set, pairs[0].b, &pairs[0]);
	assert_ready(&pairs[0]);
	channel_member_remove(m);
	assert_none(CHANNEL_NOW);
}

static void a_call_that_waits_by_itself_takes_nothing_from_the_set(void **state)
{
	(void)state;
	assert_non_null(channel_set_receive(set, pairs[0].b, &pairs[0]));
	go_cold();
	assert_int_equal(test_recv(pairs[0].b, test_in(2 * MS)), CHANNEL_AGAIN);
	assert_send(pairs[0].a, "x");
	assert_ready(&pairs[0]);
}

static void timers_are_reported_once_and_in_order(void **state)
{
	static uint64_t deadlines[300];
	struct channel_member *timers[300];
	uint64_t begin = monotonic_now(), last = 0, x = 88172645463325252;
	void *tag;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		deadlines[i] = begin + random_below(&x, 5 * MS);
		timers[i] = channel_set_timer(set, begin + 1000 * MS, &deadlines[i]);
		assert_non_null(timers[i]);
	}
	for (unsigned i = 0; i < 300; i++)
		channel_member_time(timers[i], deadlines[i]);
	for (unsigned i = 0; i < 300; i += 3)
		channel_member_remove(timers[i]);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(channel_set_wait(set, CHANNEL_FOREVER, &tag), CHANNEL_OK);
		assert_true((uint64_t *)tag >= deadlines && (uint64_t *)tag < deadlines + 300);
		assert_true(*(uint64_t *)tag <= monotonic_now());
		assert_true(*(uint64_t *)tag >= last);
		last = *(uint64_t *)tag;
	}
	assert_none(CHANNEL_NOW);
	channel_member_time(timers[1], begin);
	assert_ready(&deadlines[1]);
}

static void an_event_is_reported_once_however_often_it_was_raised(void **state)
{
	struct channel_member *event = channel_set_event(set, &set);

	(void)state;
	assert_none(CHANNEL_NOW);
	channel_member_raise(event);
	channel_member_raise(event);
	assert_ready(&set);
	assert_none(CHANNEL_NOW);
	go_cold();
	channel_member_raise(event);
	assert_ready(&set);
	assert_none(CHANNEL_NOW);
}

static const struct CMUnitTest tests[] = {
	TEST(an_empty_set_waits_for_its_deadline),
	TEST(a_message_makes_its_endpoint_ready_until_it_is_received),
	TEST(cold_members_cost_nothing_and_are_told),
	TEST(members_that_bring_nothing_cool_down_while_others_are_busy),
	TEST(ready_members_are_reported_in_turn),
	TEST(a_newcomer_has_its_turn_among_the_busy),
	TEST(room_makes_a_sender_ready),
	TEST(what_is_closed_is_ready),
	TEST(a_removed_member_is_not_reported),
	TEST(a_call_that_waits_by_itself_takes_nothing_from_the_set),
	TEST(timers_are_reported_once_and_in_order),
	TEST(an_event_is_reported_once_however_often_it_was_raised),
};

int main(void)
{
	int failed;

	bell_init();
	failed = cmocka_run_group_tests_name("sets", tests, NULL, NULL);
	bell_mode.fenced = true;
	return failed + cmocka_run_group_tests_name("sets, fenced", tests, NULL, NULL);
}
