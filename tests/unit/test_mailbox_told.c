/* SPDX-License-Identifier: MIT */
/* Calls through the mailbox: who is told of what. */
#include <pthread.h>

#include "tests/unit/mailbox_case.h"

static enum channel_status test_receive(struct channel *ch)
{
	const void *msg;
	bool request;
	size_t len;

	return mailbox_receive(ch, CHANNEL_FOREVER, &request, &msg, &len);
}

static void callers_are_told_how_their_server_ended(void **state)
{
	const enum channel_reason reasons[] = {CHANNEL_FINISHED, CHANNEL_FINISHED,
					       CHANNEL_PEER_DIED, CHANNEL_PROTOCOL};

	(void)state;
	for (unsigned way = 0; way < 4; way++)
		for (unsigned step = 0; step < 3; step++) {
			struct channel_pair p;

			channel_pair_init(&p, TEST_RING, 0);
			test_serve(p.b);
			if (step)
				assert_start(p.a, "x");
			if (step == 2) {
				assert_next(p.b, true, "x");
				assert_reply(p.b, "y");
			}
			if (way == 0)
				channel_finish(p.b);
			else if (way == 1)
				channel_close(p.b);
			else if (way == 2)
				endpoint_bury(p.b, CHANNEL_PEER_DIED);
			else
				channel_break(p.b);
			assert_false(endpoint_told(p.a));
			if (step == 2) /* what was answered before counts */
				assert_replied(p.a, "y");
			if (step == 1)
				assert_int_equal(test_wait(p.a, CHANNEL_FOREVER), CHANNEL_CLOSED);
			mailbox_drop(p.a);
			assert_int_equal(test_start(p.a, "x", CHANNEL_FOREVER), CHANNEL_CLOSED);
			assert_int_equal(channel_reason(p.a), reasons[way]);
			assert_true(endpoint_told(p.a));
			channel_pair_free(&p);
		}
}

static void a_server_gets_what_was_sent_before_its_caller_ended(void **state)
{
	struct channel_pair *p = *state;

	test_serve(p->b);
	assert_send(p->a, "message");
	assert_start(p->a, "call");
	endpoint_bury(p->a, CHANNEL_PEER_DIED);
	assert_next(p->b, false, "message");
	assert_next(p->b, true, "call");
	assert_int_equal(test_receive(p->b), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
	assert_reply(p->b, "");
	assert_int_equal(test_receive(p->b), CHANNEL_CLOSED);
}

static void an_end_that_closed_neither_calls_nor_serves(void **state)
{
	struct channel_pair *p = *state;

	test_serve(p->a);
	test_serve(p->b);
	assert_start(p->b, "x");
	assert_start(p->a, "x");
	channel_close(p->a);
	assert_int_equal(test_wait(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(test_start(p->a, "x", CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(test_receive(p->a), CHANNEL_CLOSED);
	assert_int_equal(test_wait(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
}

static void who_is_asked_to_stop_waits_no_longer_for_ever(void **state)
{
	struct channel_pair *p = *state;

	test_serve(p->b);
	endpoint_stop(p->b);
	assert_int_equal(test_receive(p->b), CHANNEL_STOPPING);
	assert_start(p->a, "x");
	endpoint_stop(p->a);
	assert_int_equal(test_wait(p->a, CHANNEL_FOREVER), CHANNEL_STOPPING);
	assert_next(p->b, true, "x");
	assert_reply(p->b, "y");
	assert_replied(p->a, "y");
}

static void *test_calls_once(void *arg)
{
	struct channel *ch = arg;
	char reply[MAILBOX_MAX];
	size_t len = 0;

	assert_int_equal(mailbox_call(ch, "x", 1, reply, sizeof(reply), &len, CHANNEL_FOREVER),
			 CHANNEL_OK);
	assert_int_equal(len, 1);
	assert_int_equal(reply[0], 'y');
	return NULL;
}

static void *test_serves_once(void *arg)
{
	struct channel *ch = arg;
	const void *msg;
	bool request;
	size_t len;

	assert_int_equal(mailbox_receive(ch, CHANNEL_FOREVER, &request, &msg, &len), CHANNEL_OK);
	assert_true(request);
	assert_int_equal(mailbox_reply(ch, "y", 1), CHANNEL_OK);
	return NULL;
}

static void a_side_that_sleeps_costs_one_doorbell(void **state)
{
	struct channel_pair *p = *state;
	struct channel_stats a, b;
	pthread_t caller, server;

	test_serve(p->b);
	assert_int_equal(pthread_create(&server, NULL, test_serves_once, p->b), 0);
	test_until_asleep(&p->there.control->flag.receiver);
	assert_int_equal(test_calls_once(p->a), NULL);
	pthread_join(server, NULL);
	assert_int_equal(pthread_create(&caller, NULL, test_calls_once, p->a), 0);
	test_until_asleep(&p->there.control->flag.caller);
	test_serves_once(p->b);
	pthread_join(caller, NULL);
	channel_stats(p->a, &a);
	channel_stats(p->b, &b);
	assert_int_equal(a.bells, 1);
	assert_in_range(b.bells, 1, 2); /* the first caller may have slept, too */
}

static const struct CMUnitTest tests[] = {
	TEST(callers_are_told_how_their_server_ended),
	TEST(a_server_gets_what_was_sent_before_its_caller_ended),
	TEST(an_end_that_closed_neither_calls_nor_serves),
	TEST(who_is_asked_to_stop_waits_no_longer_for_ever),
	TEST(a_side_that_sleeps_costs_one_doorbell),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("mailbox, told", tests, NULL, NULL);
}
