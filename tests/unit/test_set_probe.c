/* SPDX-License-Identifier: MIT */
/* A set that looks at an endpoint leaves it as it was. */
#include "ipc/mailbox.h"
#include "tests/unit/set_case.h"

static void what_only_a_set_has_seen_is_not_released(void **state)
{
	(void)state;
	assert_non_null(channel_set_receive(set, pairs[0].b, &pairs[0]));
	assert_send(pairs[0].a, "unseen");
	assert_ready(&pairs[0]);
	assert_int_equal(channel_release(pairs[0].b), CHANNEL_MISUSE);
	assert_recv(pairs[0].b, "unseen");
}

static void what_was_peeked_is_still_the_callers(void **state)
{
	const void *msg, *again;
	size_t len;

	(void)state;
	assert_non_null(channel_set_receive(set, pairs[0].b, &pairs[0]));
	assert_send(pairs[0].a, "one");
	assert_send(pairs[0].a, "two");
	assert_int_equal(channel_peek(pairs[0].b, CHANNEL_NOW, &msg, &len), CHANNEL_OK);
	assert_ready(&pairs[0]);
	assert_int_equal(channel_peek(pairs[0].b, CHANNEL_NOW, &again, &len), CHANNEL_OK);
	assert_ptr_equal(again, msg);
	assert_int_equal(channel_release(pairs[0].b), CHANNEL_OK);
	assert_recv(pairs[0].b, "two");
}

/* Request, look at the set, release: the message behind the request was not seen yet. */
static void to_release_a_request_releases_no_message(void **state)
{
	struct channel *a = pairs[0].a, *b = pairs[0].b;
	const void *msg;
	bool request;
	size_t len;

	(void)state;
	assert_int_equal(mailbox_receive(b, CHANNEL_NOW, &request, &msg, &len), CHANNEL_AGAIN);
	assert_non_null(channel_set_receive(set, b, &pairs[0]));
	assert_int_equal(mailbox_start(a, "call", 4, CHANNEL_NOW), CHANNEL_OK);
	assert_send(a, "message");
	assert_int_equal(mailbox_receive(b, CHANNEL_NOW, &request, &msg, &len), CHANNEL_OK);
	assert_true(request);
	assert_ready(&pairs[0]);
	assert_int_equal(channel_release(b), CHANNEL_OK);
	assert_int_equal(mailbox_receive(b, CHANNEL_NOW, &request, &msg, &len), CHANNEL_OK);
	assert_false(request);
	assert_int_equal(len, 7);
	assert_memory_equal(msg, "message", 7);
}

static void test_answer(struct channel *ch)
{
	const void *msg;
	bool request;
	size_t len;

	assert_int_equal(mailbox_receive(ch, CHANNEL_NOW, &request, &msg, &len), CHANNEL_OK);
	assert_int_equal(mailbox_reply(ch, "y", 1), CHANNEL_OK);
}

static void a_reply_is_ready_while_a_call_is_under_way(void **state)
{
	struct channel *a = pairs[0].a, *b = pairs[0].b;
	const void *msg;
	bool request;
	char reply[8];
	size_t len;

	(void)state;
	assert_int_equal(mailbox_receive(b, CHANNEL_NOW, &request, &msg, &len), CHANNEL_AGAIN);
	assert_non_null(channel_set_reply(set, a, &pairs[0]));
	assert_none(CHANNEL_NOW);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(mailbox_start(a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
		go_cold();
		test_answer(b);
		assert_ready(&pairs[0]);
		assert_int_equal(mailbox_wait(a, reply, sizeof(reply), &len, CHANNEL_NOW),
				 CHANNEL_OK);
		assert_none(CHANNEL_NOW);
	}
	assert_int_equal(mailbox_start(a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
	mailbox_drop(a);
	test_answer(b);
	assert_none(CHANNEL_NOW);
	assert_int_equal(mailbox_start(a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
	go_cold();
	channel_close(b);
	assert_ready(&pairs[0]);
}

static const struct CMUnitTest tests[] = {
	TEST(what_only_a_set_has_seen_is_not_released),
	TEST(what_was_peeked_is_still_the_callers),
	TEST(to_release_a_request_releases_no_message),
	TEST(a_reply_is_ready_while_a_call_is_under_way),
};

int main(void)
{
	bell_init();
	return cmocka_run_group_tests_name("sets that look", tests, NULL, NULL);
}
