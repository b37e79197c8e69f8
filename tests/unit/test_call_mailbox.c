/* SPDX-License-Identifier: MIT */
/* Calls of which some go through the mailbox: which, and what becomes of replies too late. */
#include <pthread.h>

#include "tests/unit/call_case.h"

static uint64_t test_sent(const struct channel *ch)
{
	struct channel_stats stats;

	channel_stats(ch, &stats);
	return stats.sent;
}

static void one_short_call_at_a_time_goes_through_the_mailbox(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call one, two;
	char first[8], second[8];
	uint64_t id;

	call_client_init(&c, p->a);
	test_serve(p->b);
	test_start(&c, &one, "one", first);
	assert_int_equal(test_sent(p->a), 0);
	test_start(&c, &two, "two", second);
	assert_int_equal(test_sent(p->a), 1);
	id = test_request(p->b, "one");
	test_answer(p->b, "two", "2");
	assert_int_equal(test_sent(p->b), 1);
	assert_int_equal(call_reply(p->b, id, "1", 1, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_sent(p->b), 1);
	assert_int_equal(call_wait(&c, &one, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(call_wait(&c, &two, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(first[0], '1');
	assert_int_equal(second[0], '2');
	call_drop(&c, &one);
	call_drop(&c, &two);
	test_start(&c, &one, "more", first);
	assert_int_equal(test_sent(p->a), 1);
	call_drop(&c, &one);
}

static void what_is_too_long_for_the_mailbox_is_a_message(void **state)
{
	static char text[MAILBOX_MAX + 1] = "long", reply[MAILBOX_MAX + 1];
	const struct channel_part parts[] = {{text, MAILBOX_MAX}, {text, 1}};
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	const void *msg;
	uint64_t id;
	size_t len;

	call_client_init(&c, p->a);
	test_serve(p->b);
	for (unsigned count = 2; count; count--) {
		assert_int_equal(
			call_start(&c, &call, parts, count, reply, sizeof(reply), CHANNEL_NOW),
			CHANNEL_OK);
		assert_int_equal(test_sent(p->a), 1); /* the longer one */
		assert_int_equal(call_receive(p->b, CHANNEL_NOW, &id, &msg, &len), CHANNEL_OK);
		assert_int_equal(len, MAILBOX_MAX + count - 1);
		assert_memory_equal(msg, text, 5);
		channel_release(p->b);
		assert_int_equal(call_reply(p->b, id, text, sizeof(text), CHANNEL_NOW), CHANNEL_OK);
		assert_int_equal(test_sent(p->b), 3 - count);
		memset(reply, 0, sizeof(reply));
		assert_int_equal(call_wait(&c, &call, CHANNEL_FOREVER), CHANNEL_OK);
		assert_int_equal(call.length, sizeof(text));
		assert_string_equal(reply, "long");
		call_drop(&c, &call);
	}
	assert_int_equal(c.late + c.lost, 0);
}

/* The reply is too long for the line, which says so. */
static void test_answer_long(struct channel *ch, const char *request)
{
	static char text[MAILBOX_MAX + 1];

	assert_int_equal(call_reply(ch, test_request(ch, request), text, sizeof(text), CHANNEL_NOW),
			 CHANNEL_OK);
}

static void late_replies_of_both_kinds_are_counted_and_thrown_away(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	char reply[8];
	size_t len;

	call_client_init(&c, p->a);
	test_serve(p->b);
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(call_make(&c, "msg", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.lost, 1);
	test_answer(p->b, "box", "1");
	test_answer(p->b, "msg", "2");
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.late, 2);
	assert_int_equal(c.lost, 0);
	/* Its reply is a message, of which the line tells. */
	test_answer_long(p->b, "box");
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.late, 3);
	assert_int_equal(c.lost, 0);
}

/* Two calls under way, one through the mailbox and one behind it as a message. */
struct test_two {
	struct call_client c;
	struct call box, message;
	char reply[8];
};

static void test_start_two(struct test_two *t, struct channel_pair *p)
{
	call_client_init(&t->c, p->a);
	test_serve(p->b);
	test_start(&t->c, &t->box, "box", t->reply);
	test_start(&t->c, &t->message, "message", t->reply);
}

/* One of them was told late, and nothing is still to come for it. */
static void assert_nothing_lost(struct test_two *t)
{
	test_start(&t->c, &t->box, "box", t->reply);
	assert_true(t->box.boxed);
	assert_int_equal(t->c.late, 1);
	assert_int_equal(t->c.lost, 0);
	call_drop(&t->c, &t->box);
}

static void what_was_dropped_behind_its_reply_is_not_lost(void **state)
{
	struct channel_pair *p = *state;
	struct test_two t;

	test_start_two(&t, p);
	test_answer_long(p->b, "box");
	assert_int_equal(call_wait(&t.c, &t.message, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(t.box.status, CHANNEL_TOO_BIG);
	call_drop(&t.c, &t.box);
	call_drop(&t.c, &t.message);
	assert_int_equal(t.c.lost, 1);
	test_answer(p->b, "message", "");
	assert_nothing_lost(&t);
}

static void what_was_dropped_ahead_of_its_reply_is_lost_once(void **state)
{
	struct channel_pair *p = *state;
	struct test_two t;

	test_start_two(&t, p);
	call_drop(&t.c, &t.box);
	test_answer_long(p->b, "box");
	test_answer(p->b, "message", "");
	assert_int_equal(call_wait(&t.c, &t.message, CHANNEL_NOW), CHANNEL_OK);
	call_drop(&t.c, &t.message);
	assert_nothing_lost(&t);
}

static void a_reply_that_came_as_a_message_needs_no_word_from_the_line(void **state)
{
	struct channel_pair *p = *state;
	struct test_two t;
	uint64_t number;

	test_start_two(&t, p);
	/* As call_reply does it, up to where the server dies. */
	test_request(p->b, "box");
	number = UINT64_C(1) << 63 | p->b->rx.serve.number;
	assert_int_equal(channel_send(p->b, &number, sizeof(number), CHANNEL_NOW), CHANNEL_OK);
	endpoint_close(p->b, CHANNEL_PEER_DIED);
	assert_int_equal(call_wait(&t.c, &t.message, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(call_wait(&t.c, &t.box, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(t.box.length, 0);
	call_drop(&t.c, &t.box);
	call_drop(&t.c, &t.message);
}

#define FLOODS 8

/* Requests that are all there before one is answered, with more than the ring has room for. */
static void *flood(void *arg)
{
	static const char reply[TEST_RING / 4];
	struct channel *ch = arg;
	uint64_t ids[FLOODS + 1];

	for (unsigned i = 0; i <= FLOODS; i++) {
		const void *msg;
		size_t len;

		assert_int_equal(call_receive(ch, CHANNEL_FOREVER, &ids[i], &msg, &len),
				 CHANNEL_OK);
		channel_release(ch);
	}
	for (unsigned i = 0; i <= FLOODS; i++)
		assert_int_equal(call_reply(ch, ids[i], reply, i < FLOODS ? sizeof(reply) : 1,
					    CHANNEL_FOREVER),
				 CHANNEL_OK);
	return NULL;
}

static void late_replies_hold_up_no_later_call(void **state)
{
	static const char request[MAILBOX_MAX + 1];
	const struct channel_part part = {request, sizeof(request)};
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	const void *msg;
	bool boxed;
	char reply[8];
	size_t len;
	pthread_t id;

	/* Who has begun to receive might be called through the mailbox. */
	assert_int_equal(mailbox_receive(p->b, CHANNEL_NOW, &boxed, &msg, &len), CHANNEL_AGAIN);
	call_client_init(&c, p->a);
	for (unsigned i = 0; i < FLOODS; i++) {
		assert_int_equal(call_start(&c, &call, &part, 1, reply, 8, CHANNEL_NOW),
				 CHANNEL_OK);
		call_drop(&c, &call);
	}
	assert_int_equal(pthread_create(&id, NULL, flood, p->b), 0);
	assert_int_equal(call_make(&c, "x", 1, reply, 8, &len, CHANNEL_FOREVER), CHANNEL_OK);
	pthread_join(id, NULL);
	assert_int_equal(len, 1);
	assert_int_equal(c.late, FLOODS);
}

static const struct CMUnitTest tests[] = {
	TEST(one_short_call_at_a_time_goes_through_the_mailbox),
	TEST(what_is_too_long_for_the_mailbox_is_a_message),
	TEST(late_replies_of_both_kinds_are_counted_and_thrown_away),
	TEST(what_was_dropped_behind_its_reply_is_not_lost),
	TEST(what_was_dropped_ahead_of_its_reply_is_lost_once),
	TEST(a_reply_that_came_as_a_message_needs_no_word_from_the_line),
	TEST(late_replies_hold_up_no_later_call),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
