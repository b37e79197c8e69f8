/* SPDX-License-Identifier: MIT */
/* Calls whose client sends no more, or that are in flight no more. */
#include <pthread.h>

#include "tests/unit/call_case.h"

static void *answers_two(void *arg)
{
	struct channel *ch = arg;
	const void *msg;
	uint64_t id;
	size_t len;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(call_receive(ch, SOON, &id, &msg, &len), CHANNEL_OK);
		assert_int_equal(call_reply(ch, id, msg, len, SOON), CHANNEL_OK);
		channel_release(ch);
	}
	assert_int_equal(call_receive(ch, SOON, &id, &msg, &len), CHANNEL_CLOSED);
	return NULL;
}

/* The one through the mailbox, the other as a message. */
static void what_was_asked_before_the_finish_is_answered(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call one, two;
	char first[8], second[8];
	size_t len;
	pthread_t id;

	call_client_init(&c, p->a);
	test_serve(p->b);
	test_start(&c, &one, "one", first);
	test_start(&c, &two, "two", second);
	channel_finish(p->a);
	assert_int_equal(call_wait(&c, &one, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(call_wait(&c, &two, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(pthread_create(&id, NULL, answers_two, p->b), 0);
	assert_int_equal(call_wait(&c, &two, SOON), CHANNEL_OK);
	assert_int_equal(call_wait(&c, &one, SOON), CHANNEL_OK);
	assert_memory_equal(first, "one", 3);
	assert_memory_equal(second, "two", 3);
	call_drop(&c, &one);
	call_drop(&c, &two);
	pthread_join(id, NULL);
	assert_int_equal(call_make(&c, "x", 1, first, 8, &len, SOON), CHANNEL_CLOSED);
}

/* The server ends without an answer, or the client closes. */
static void who_has_finished_is_told_of_the_end(void **state)
{
	struct channel_pair *p = *state;
	char reply[8];
	size_t len;

	test_serve(p->b);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(mailbox_start(p->a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
		channel_finish(p->a);
		assert_int_equal(mailbox_wait(p->a, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
		channel_close(i ? p->a : p->b);
		assert_int_equal(mailbox_wait(p->a, reply, 8, &len, SOON), CHANNEL_CLOSED);
		channel_close(p->b);
		test_reconnect(p);
		test_serve(p->b);
	}
}

static void to_drop_what_is_not_in_flight_does_nothing(void **state)
{
	static const char request[TEST_RING];
	const struct channel_part part = {request, sizeof(request)};
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	char reply[8];

	call_client_init(&c, p->a);
	test_start(&c, &call, "message", reply);
	call_drop(&c, &call);
	call_drop(&c, &call);
	assert_int_equal(c.lost, 1);
	assert_int_equal(call_reply(p->b, test_request(p->b, "message"), "", 0, CHANNEL_NOW),
			 CHANNEL_OK);
	assert_int_equal(call_start(&c, &call, &part, 1, reply, 8, CHANNEL_NOW), CHANNEL_TOO_BIG);
	call_drop(&c, &call);
	test_start(&c, &call, "box", reply);
	assert_true(call.boxed);
	call_drop(&c, &call);
}

static const struct CMUnitTest tests[] = {
	TEST(what_was_asked_before_the_finish_is_answered),
	TEST(who_has_finished_is_told_of_the_end),
	TEST(to_drop_what_is_not_in_flight_does_nothing),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("calls and ends", tests, NULL, NULL);
}
