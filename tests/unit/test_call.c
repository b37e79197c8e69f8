/* SPDX-License-Identifier: MIT */
/* Calls: replies matched, deadlines, servers that are slow, gone, or no servers. */
#include <pthread.h>

#include "ipc/task.h"
#include "tests/unit/call_case.h"

static void replies_find_their_calls_in_any_order(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call one, two;
	char first[8], second[8];
	uint64_t id;

	call_client_init(&c, p->a);
	test_start(&c, &one, "one", first);
	test_start(&c, &two, "two", second);
	id = test_request(p->b, "one");
	test_answer(p->b, "two", "2");
	assert_int_equal(call_wait(&c, &one, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(call_reply(p->b, id, "1", 1, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(call_wait(&c, &one, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(call_wait(&c, &two, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(one.length, 1);
	assert_int_equal(first[0], '1');
	assert_int_equal(second[0], '2');
	call_drop(&c, &one);
	call_drop(&c, &two);
}

static void a_slow_server_is_told_from_one_that_is_gone(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	char reply[8];
	size_t len;
	uint64_t id;

	call_client_init(&c, p->a);
	assert_int_equal(call_make(&c, "slow", 4, reply, 8, &len, test_in(2 * MS)), CHANNEL_AGAIN);
	id = test_request(p->b, "slow");
	assert_int_equal(call_reply(p->b, id, "late", 4, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(call_make(&c, "again", 5, reply, 8, &len, test_in(2 * MS)), CHANNEL_AGAIN);
	assert_int_equal(c.late, 1);
	endpoint_close(p->b, CHANNEL_PEER_DIED);
	assert_int_equal(call_make(&c, "gone", 4, reply, 8, &len, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_PEER_DIED);
}

static void replies_to_nobody_do_not_stretch_a_deadline(void **state)
{
	struct channel_pair p;
	struct call_client c;
	struct call call;
	char reply[8];
	uint64_t id = UINT32_MAX; /* of no call */
	unsigned sent = 0;

	(void)state;
	channel_pair_init(&p, 1 << 20, 0);
	call_client_init(&c, p.a);
	test_start(&c, &call, "flooded", reply);
	while (channel_send(p.b, &id, sizeof(id), CHANNEL_NOW) == CHANNEL_OK)
		sent++;
	assert_int_equal(call_wait(&c, &call, 1), CHANNEL_AGAIN);
	assert_in_range(c.late, 1000, sent / 2);
	call_drop(&c, &call);
	channel_pair_free(&p);
}

static void a_reply_longer_than_its_buffer_is_too_big(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	char reply[8];

	call_client_init(&c, p->a);
	test_start(&c, &call, "x", reply);
	test_answer(p->b, "x", "123456789");
	assert_int_equal(call_wait(&c, &call, CHANNEL_FOREVER), CHANNEL_TOO_BIG);
	assert_int_equal(call.length, 9);
	call_drop(&c, &call);
}

static void a_call_that_failed_brings_the_servers_words(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call one, two;
	char first[8], second[8];

	call_client_init(&c, p->a);
	test_start(&c, &one, "one", first);
	test_start(&c, &two, "two", second);
	assert_int_equal(call_fail(p->b, test_request(p->b, "one"), "no", CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(
		call_fail(p->b, test_request(p->b, "two"), "by no means, two", CHANNEL_NOW),
		CHANNEL_OK);
	assert_int_equal(call_wait(&c, &one, CHANNEL_FOREVER), CHANNEL_FAILED);
	assert_int_equal(one.length, 2);
	assert_memory_equal(first, "no", 2);
	assert_int_equal(call_wait(&c, &two, CHANNEL_FOREVER), CHANNEL_FAILED);
	assert_int_equal(two.length, 16);
	assert_memory_equal(second, "by no me", 8);
	call_drop(&c, &one);
	call_drop(&c, &two);
	/* The server has begun to receive, so this one goes through the mailbox. */
	test_start(&c, &one, "box", first);
	assert_true(one.boxed);
	assert_int_equal(call_fail(p->b, test_request(p->b, "box"), "nor", CHANNEL_NOW),
			 CHANNEL_OK);
	assert_int_equal(call_wait(&c, &one, CHANNEL_FOREVER), CHANNEL_FAILED);
	assert_memory_equal(first, "nor", 3);
	call_drop(&c, &one);
	assert_string_equal(channel_status_text(CHANNEL_FAILED), "call failed");
}

static void who_does_not_speak_of_calls_is_closed(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	const void *msg;
	char reply[8];
	uint64_t id;
	size_t len;

	call_client_init(&c, p->a);
	test_start(&c, &call, "x", reply);
	assert_send(p->b, "short");
	assert_int_equal(call_wait(&c, &call, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_PROTOCOL);
	call_drop(&c, &call);
	test_request(p->b, "x");
	assert_int_equal(call_receive(p->b, CHANNEL_FOREVER, &id, &msg, &len), CHANNEL_CLOSED);
}

static void a_request_has_any_number_of_parts(void **state)
{
	enum { MOST = 2 * MAILBOX_MAX };
	struct channel_part parts[MOST];
	struct channel_pair *p = *state;
	struct call_client c;
	struct call call;
	char text[MOST + 1] = "", reply[8];

	call_client_init(&c, p->a);
	for (unsigned i = 0; i < MOST; i++) {
		text[i] = (char)('!' + i);
		parts[i] = (struct channel_part){&text[i], 1};
	}
	/* As a message; through the mailbox; too long for it. */
	for (unsigned i = 0; i < 3; i++) {
		unsigned count = i < 2 ? MAILBOX_MAX : MOST;

		assert_int_equal(call_start(&c, &call, parts, count, reply, 8, CHANNEL_NOW),
				 CHANNEL_OK);
		assert_int_equal(call.boxed, i == 1);
		text[count] = '\0';
		test_answer(p->b, text, "");
		text[count] = count < MOST ? (char)('!' + count) : '\0';
		assert_int_equal(call_wait(&c, &call, CHANNEL_NOW), CHANNEL_OK);
		call_drop(&c, &call);
	}
	parts[0].size = parts[1].size = SIZE_MAX;
	for (unsigned count = 1; count < 3; count++)
		assert_int_equal(call_start(&c, &call, parts, count, reply, 8, CHANNEL_NOW),
				 CHANNEL_TOO_BIG);
}

static void a_number_that_no_call_has_closes_the_channel(void **state)
{
	const uint64_t numbers[] = {(UINT64_C(1) << 40), CALL_FAILED | 1, UINT64_MAX};
	struct channel_pair *p = *state;

	for (unsigned i = 0; i < 3; i++) {
		const void *msg;
		uint64_t id;
		size_t len;

		assert_int_equal(channel_send(p->a, &numbers[i], sizeof(numbers[i]), CHANNEL_NOW),
				 CHANNEL_OK);
		assert_int_equal(call_receive(p->b, CHANNEL_NOW, &id, &msg, &len), CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p->b), CHANNEL_PROTOCOL);
		test_reconnect(p);
	}
}

#define CALLERS 20
#define ROUNDS 200

/* Answers in batches, the last one first. */
static void *serve(void *arg)
{
	struct channel *ch = arg;
	uint64_t ids[5], values[5];
	enum channel_status status = CHANNEL_OK;
	const void *msg;
	unsigned n = 0;
	size_t len;

	while (status == CHANNEL_OK || status == CHANNEL_AGAIN) {
		status = call_receive(ch, n ? test_in(MS / 10) : CHANNEL_FOREVER, &ids[n], &msg,
				      &len);
		if (status == CHANNEL_OK) {
			assert_int_equal(len, sizeof(values[n]));
			memcpy(&values[n++], msg, len);
			channel_release(ch);
		}
		while (n == 5 || (n && status != CHANNEL_OK)) {
			n--;
			values[n]++;
			assert_int_equal(call_reply(ch, ids[n], &values[n], sizeof(values[n]),
						    CHANNEL_FOREVER),
					 CHANNEL_OK);
			if (n == 0)
				break;
			if (status == CHANNEL_OK)
				status = CHANNEL_AGAIN;
		}
	}
	return NULL;
}

static struct call_client shared;

static int calls(void *arg)
{
	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t value = (uintptr_t)arg * ROUNDS + i, reply;
		size_t len;

		assert_int_equal(call_make(&shared, &value, sizeof(value), &reply, sizeof(reply),
					   &len, CHANNEL_FOREVER),
				 CHANNEL_OK);
		assert_int_equal(reply, value + 1);
	}
	return 0;
}

static void many_tasks_call_over_one_channel(void **state)
{
	struct channel_pair *p = *state;
	struct task *tasks[CALLERS];
	pthread_t id;

	call_client_init(&shared, p->a);
	assert_int_equal(pthread_create(&id, NULL, serve, p->b), 0);
	for (uintptr_t i = 0; i < CALLERS; i++) {
		tasks[i] = task_spawn(calls, (void *)i, 0);
		assert_non_null(tasks[i]);
	}
	for (unsigned i = 0; i < CALLERS; i++)
		assert_int_equal(task_join(tasks[i], CHANNEL_FOREVER, NULL), CHANNEL_OK);
	assert_int_equal(shared.late, 0);
	channel_close(p->a);
	pthread_join(id, NULL);
}

static int is_told(void *unused)
{
	char reply[8];
	size_t len;

	(void)unused;
	return (int)call_make(&shared, "x", 1, reply, 8, &len, CHANNEL_FOREVER);
}

static void all_callers_of_a_server_that_dies_are_told(void **state)
{
	struct channel_pair *p = *state;
	struct task *tasks[3];
	int status;

	call_client_init(&shared, p->a);
	for (unsigned i = 0; i < 3; i++)
		tasks[i] = task_spawn(is_told, NULL, 0);
	task_yield();
	task_cancel(tasks[1]);
	endpoint_close(p->b, CHANNEL_PEER_DIED);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(task_join(tasks[i], CHANNEL_FOREVER, &status), CHANNEL_OK);
		assert_int_equal(status, i == 1 ? CHANNEL_CANCELLED : CHANNEL_CLOSED);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(replies_find_their_calls_in_any_order),
	TEST(replies_to_nobody_do_not_stretch_a_deadline),
	TEST(a_slow_server_is_told_from_one_that_is_gone),
	TEST(a_reply_longer_than_its_buffer_is_too_big),
	TEST(a_call_that_failed_brings_the_servers_words),
	TEST(who_does_not_speak_of_calls_is_closed),
	TEST(a_request_has_any_number_of_parts),
	TEST(a_number_that_no_call_has_closes_the_channel),
	TEST(many_tasks_call_over_one_channel),
	TEST(all_callers_of_a_server_that_dies_are_told),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
