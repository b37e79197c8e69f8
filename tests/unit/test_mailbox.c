/* SPDX-License-Identifier: MIT */
/* Calls through the mailbox: what passes, in which order, and who is told of what. */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "ipc/mailbox.h"
#include "ipc/monotonic.h"
#include "ipc/set.h"
#include "ipc/task.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"

#define MS UINT64_C(1000000)

static uint64_t test_in(uint64_t ns)
{
	return monotonic_now() + ns;
}

/* Nothing there, but from now on the end serves. */
static void test_serve(struct channel *ch)
{
	const void *msg;
	bool request;
	size_t len;

	assert_int_equal(mailbox_receive(ch, CHANNEL_NOW, &request, &msg, &len), CHANNEL_AGAIN);
	assert_false(request);
}

static void assert_next(struct channel *ch, bool call, const char *text)
{
	const void *msg;
	bool request;
	size_t len;

	assert_int_equal(mailbox_receive(ch, CHANNEL_NOW, &request, &msg, &len), CHANNEL_OK);
	assert_int_equal(request, call);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(msg, text, len);
	if (!call)
		assert_int_equal(channel_release(ch), CHANNEL_OK);
}

static enum channel_status test_start(struct channel *ch, const char *text, uint64_t deadline)
{
	return mailbox_start(ch, text, strlen(text), deadline);
}

static void assert_start(struct channel *ch, const char *text)
{
	assert_int_equal(test_start(ch, text, CHANNEL_NOW), CHANNEL_OK);
}

static void assert_reply(struct channel *ch, const char *text)
{
	assert_int_equal(mailbox_reply(ch, text, strlen(text)), CHANNEL_OK);
}

static enum channel_status test_wait(struct channel *ch, uint64_t deadline)
{
	char reply[MAILBOX_MAX];
	size_t len;

	return mailbox_wait(ch, reply, sizeof(reply), &len, deadline);
}

static void assert_replied(struct channel *ch, const char *text)
{
	char reply[MAILBOX_MAX];
	size_t len;

	assert_int_equal(mailbox_wait(ch, reply, sizeof(reply), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(reply, text, len);
}

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
	const void *msg;
	bool request;
	size_t len;

	test_serve(p->b);
	assert_send(p->a, "message");
	assert_start(p->a, "call");
	endpoint_bury(p->a, CHANNEL_PEER_DIED);
	assert_next(p->b, false, "message");
	assert_next(p->b, true, "call");
	assert_int_equal(mailbox_receive(p->b, CHANNEL_FOREVER, &request, &msg, &len),
			 CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
	assert_reply(p->b, "");
	assert_int_equal(mailbox_receive(p->b, CHANNEL_FOREVER, &request, &msg, &len),
			 CHANNEL_CLOSED);
}

static void an_end_that_closed_neither_calls_nor_serves(void **state)
{
	struct channel_pair *p = *state;
	const void *msg;
	bool request;
	size_t len;

	test_serve(p->a);
	test_serve(p->b);
	assert_start(p->b, "x");
	assert_start(p->a, "x");
	channel_close(p->a);
	assert_int_equal(test_wait(p->a, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(test_start(p->a, "x", CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(mailbox_receive(p->a, CHANNEL_FOREVER, &request, &msg, &len),
			 CHANNEL_CLOSED);
	assert_int_equal(test_wait(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
}

static void who_is_asked_to_stop_waits_no_longer_for_ever(void **state)
{
	struct channel_pair *p = *state;
	const void *msg;
	bool request;
	size_t len;

	test_serve(p->b);
	endpoint_stop(p->b);
	assert_int_equal(mailbox_receive(p->b, CHANNEL_FOREVER, &request, &msg, &len),
			 CHANNEL_STOPPING);
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

/* Until the thread that waits there has said that it is about to sleep, and then some. */
static void test_asleep(const uint32_t *flag)
{
	struct timespec nap = {.tv_nsec = 2000000};

	while (!(__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED))
		sched_yield();
	nanosleep(&nap, NULL);
}

static void a_side_that_sleeps_costs_one_doorbell(void **state)
{
	struct channel_pair *p = *state;
	struct channel_stats a, b;
	pthread_t caller, server;

	test_serve(p->b);
	assert_int_equal(pthread_create(&server, NULL, test_serves_once, p->b), 0);
	test_asleep(&p->there.control->flag.receiver);
	assert_int_equal(test_calls_once(p->a), NULL);
	pthread_join(server, NULL);
	assert_int_equal(pthread_create(&caller, NULL, test_calls_once, p->a), 0);
	test_asleep(&p->there.control->flag.caller);
	test_serves_once(p->b);
	pthread_join(caller, NULL);
	channel_stats(p->a, &a);
	channel_stats(p->b, &b);
	assert_int_equal(a.bells, 1);
	assert_in_range(b.bells, 1, 2); /* the first caller may have slept, too */
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
	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
