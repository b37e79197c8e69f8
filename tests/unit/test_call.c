/* SPDX-License-Identifier: MIT */
/* Calls: replies matched, deadlines, servers that are slow, gone, or no servers. */
#include <pthread.h>
#include <time.h>

#include "ipc/call.h"
#include "ipc/mailbox.h"
#include "ipc/monotonic.h"
#include "ipc/task.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"

#define MS UINT64_C(1000000)

static uint64_t test_in(uint64_t ns)
{
	return monotonic_now() + ns;
}

/* Takes a request and says which. */
static uint64_t test_request(struct channel *ch, const char *text)
{
	const void *msg;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_FOREVER, &id, &msg, &len), CHANNEL_OK);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(msg, text, len);
	assert_int_equal(channel_release(ch), CHANNEL_OK);
	return id;
}

static void test_start(struct call_client *c, struct call *call, const char *text, char *reply)
{
	const struct channel_part part = {text, strlen(text)};

	assert_int_equal(call_start(c, call, &part, 1, reply, 8, CHANNEL_NOW), CHANNEL_OK);
}

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
	assert_int_equal(call_reply(p->b, test_request(p->b, "two"), "2", 1, CHANNEL_NOW),
			 CHANNEL_OK);
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
	assert_int_equal(call_reply(p->b, test_request(p->b, "x"), "123456789", 9, CHANNEL_NOW),
			 CHANNEL_OK);
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

static uint64_t test_sent(const struct channel *ch)
{
	struct channel_stats stats;

	channel_stats(ch, &stats);
	return stats.sent;
}

/* Nothing there, but from now on the mailbox is open. */
static void test_serve(struct channel *ch)
{
	const void *msg;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_NOW, &id, &msg, &len), CHANNEL_AGAIN);
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
	assert_int_equal(call_reply(p->b, test_request(p->b, "two"), "2", 1, CHANNEL_NOW),
			 CHANNEL_OK);
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

static void late_replies_of_both_kinds_are_counted_and_thrown_away(void **state)
{
	static char text[MAILBOX_MAX + 1];
	struct channel_pair *p = *state;
	struct call_client c;
	char reply[8];
	size_t len;

	call_client_init(&c, p->a);
	test_serve(p->b);
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(call_make(&c, "msg", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.lost, 1);
	assert_int_equal(call_reply(p->b, test_request(p->b, "box"), "1", 1, CHANNEL_NOW),
			 CHANNEL_OK);
	assert_int_equal(call_reply(p->b, test_request(p->b, "msg"), "2", 1, CHANNEL_NOW),
			 CHANNEL_OK);
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.late, 2);
	assert_int_equal(c.lost, 0);
	/* Its reply is a message, of which the line tells. */
	assert_int_equal(
		call_reply(p->b, test_request(p->b, "box"), text, sizeof(text), CHANNEL_NOW),
		CHANNEL_OK);
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.lost, 1);
	assert_int_equal(call_make(&c, "box", 3, reply, 8, &len, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(c.late, 3);
}

/* The server is too long for the line, and says so there. */
static void test_answer_long(struct channel *ch, const char *request)
{
	static char text[MAILBOX_MAX + 1];

	assert_int_equal(call_reply(ch, test_request(ch, request), text, sizeof(text), CHANNEL_NOW),
			 CHANNEL_OK);
}

/* Nothing is still to come for a call that was dropped. */
static void assert_nothing_lost(struct call_client *c, uint64_t late)
{
	struct call call;
	char reply[8];

	test_start(c, &call, "box", reply);
	assert_true(call.boxed);
	assert_int_equal(c->late, late);
	assert_int_equal(c->lost, 0);
	call_drop(c, &call);
}

static void what_was_dropped_behind_its_reply_is_not_lost(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call box, message;
	char reply[8];

	call_client_init(&c, p->a);
	test_serve(p->b);
	test_start(&c, &box, "box", reply);
	test_start(&c, &message, "message", reply);
	test_answer_long(p->b, "box");
	assert_int_equal(call_wait(&c, &message, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(box.status, CHANNEL_TOO_BIG);
	call_drop(&c, &box);
	call_drop(&c, &message);
	assert_int_equal(c.lost, 1);
	assert_int_equal(call_reply(p->b, test_request(p->b, "message"), "", 0, CHANNEL_NOW),
			 CHANNEL_OK);
	assert_nothing_lost(&c, 1);
}

static void what_was_dropped_ahead_of_its_reply_is_lost_once(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call box, message;
	char reply[8];

	call_client_init(&c, p->a);
	test_serve(p->b);
	test_start(&c, &box, "box", reply);
	test_start(&c, &message, "message", reply);
	call_drop(&c, &box);
	test_answer_long(p->b, "box");
	assert_int_equal(call_reply(p->b, test_request(p->b, "message"), "", 0, CHANNEL_NOW),
			 CHANNEL_OK);
	assert_int_equal(call_wait(&c, &message, CHANNEL_NOW), CHANNEL_OK);
	call_drop(&c, &message);
	assert_nothing_lost(&c, 1);
}

static void a_reply_that_came_as_a_message_needs_no_word_from_the_line(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call box, message;
	char reply[8];
	uint64_t number;

	call_client_init(&c, p->a);
	test_serve(p->b);
	test_start(&c, &box, "box", reply);
	test_start(&c, &message, "message", reply);
	/* As call_reply does it, up to where the server dies. */
	test_request(p->b, "box");
	number = UINT64_C(1) << 63 | p->b->rx.serve.number;
	assert_int_equal(channel_send(p->b, &number, sizeof(number), CHANNEL_NOW), CHANNEL_OK);
	endpoint_close(p->b, CHANNEL_PEER_DIED);
	assert_int_equal(call_wait(&c, &message, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(call_wait(&c, &box, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(box.length, 0);
	call_drop(&c, &box);
	call_drop(&c, &message);
}

/* Rings begun anew, as connection.h does it when both ends have let go. */
static void test_reconnect(struct channel_pair *p)
{
	channel_close(p->a);
	endpoint_renew(p->a);
	endpoint_join(p->a);
	endpoint_join(p->b);
}

static void an_old_request_is_not_answered_on_a_new_connection(void **state)
{
	struct channel_pair *p = *state;
	struct call_client c;
	struct call old, call;
	char first[8], second[8];
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
	assert_int_equal(call_reply(p->b, test_request(p->b, "same"), "new", 3, CHANNEL_NOW),
			 CHANNEL_OK);
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
	for (unsigned count = MAILBOX_MAX, i = 0; i < 3; count += i++ * (MOST - MAILBOX_MAX)) {
		assert_int_equal(call_start(&c, &call, parts, count, reply, 8, CHANNEL_NOW),
				 CHANNEL_OK);
		assert_int_equal(call.boxed, i == 1);
		text[count] = '\0';
		assert_int_equal(call_reply(p->b, test_request(p->b, text), "", 0, CHANNEL_NOW),
				 CHANNEL_OK);
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
		assert_int_equal(task_join(tasks[i], test_in(5000 * MS), &status), CHANNEL_OK);
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
	TEST(one_short_call_at_a_time_goes_through_the_mailbox),
	TEST(what_is_too_long_for_the_mailbox_is_a_message),
	TEST(late_replies_of_both_kinds_are_counted_and_thrown_away),
	TEST(what_was_dropped_behind_its_reply_is_not_lost),
	TEST(what_was_dropped_ahead_of_its_reply_is_lost_once),
	TEST(a_reply_that_came_as_a_message_needs_no_word_from_the_line),
	TEST(an_old_request_is_not_answered_on_a_new_connection),
	TEST(an_old_call_is_not_answered_on_a_new_connection),
	TEST(a_dropped_endpoint_answers_no_request),
	TEST(a_request_has_any_number_of_parts),
	TEST(a_number_that_no_call_has_closes_the_channel),
	TEST(late_replies_hold_up_no_later_call),
	TEST(many_tasks_call_over_one_channel),
	TEST(all_callers_of_a_server_that_dies_are_told),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
