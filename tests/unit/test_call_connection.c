/* SPDX-License-Identifier: MIT */
/* Calls and requests of a connection that is no more. */
#include "tests/unit/call_case.h"

static void an_old_request_is_not_answered_on_a_new_connection(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call old, call;
	char first[8] = "", second[8] = "";
	uint64_t ids[2];

	for (unsigned boxed = 0; boxed < 2; boxed++) {
		for (unsigned turn = 0; turn < 2; turn++) {
			call_client_init(&c, p->a);
			if (boxed)
				test_serve(p->b);
			test_start(&c, turn ? &call : &old, "same", turn ? second : first);
			ids[turn] = test_request(p->b, "same");
			if (!turn)
				test_reconnect(p);
		}
		assert_int_equal(call.boxed, boxed);
		assert_int_equal(call_reply(p->b, ids[0], "old", 3, CHANNEL_NOW), CHANNEL_CLOSED);
		assert_int_equal(call_fail(p->b, ids[0], "old", CHANNEL_NOW), CHANNEL_CLOSED);
		assert_int_equal(call_wait(&c, &call, CHANNEL_NOW), CHANNEL_AGAIN);
		assert_int_equal(call_reply(p->b, ids[1], "new", 3, CHANNEL_NOW), CHANNEL_OK);
		assert_int_equal(call_wait(&c, &call, CHANNEL_NOW), CHANNEL_OK);
		assert_memory_equal(second, "new", 3);
		assert_int_equal(c.late, 0);
		call_drop(&c, &call);
		test_reconnect(p);
	}
}

static void an_old_call_is_not_answered_on_a_new_connection(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call old, gone, call;
	char first[8] = "none", second[8];

	call_client_init(&c, p->a);
	test_serve(p->b);
	test_start(&c, &old, "same", first);
	test_start(&c, &gone, "gone", first);
	call_drop(&c, &gone);
	test_reconnect(p);
	test_serve(p->b);
	test_start(&c, &call, "same", second);
	assert_int_equal(c.lost, 0);
	test_answer(p->b, "same", "new");
	assert_int_equal(call_wait(&c, &old, CHANNEL_FOREVER), CHANNEL_CLOSED);
	call_drop(&c, &old);
	assert_int_equal(call_wait(&c, &call, CHANNEL_FOREVER), CHANNEL_OK);
	assert_memory_equal(second, "new", 3);
	assert_string_equal(first, "none");
	assert_int_equal(c.lost, 0);
	call_drop(&c, &call);
}

static void a_dropped_endpoint_answers_no_request(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	char reply[8];
	uint64_t id;

	call_client_init(&c, p->a);
	test_start(&c, &call, "x", reply);
	id = test_request(p->b, "x");
	channel_close(p->b);
	endpoint_drop(p->b);
	assert_int_equal(call_reply(p->b, id, "", 0, CHANNEL_NOW), CHANNEL_MISUSE);
	call_drop(&c, &call);
}

static const struct CMUnitTest tests[] = {
	TEST(an_old_request_is_not_answered_on_a_new_connection),
	TEST(an_old_call_is_not_answered_on_a_new_connection),
	TEST(a_dropped_endpoint_answers_no_request),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
