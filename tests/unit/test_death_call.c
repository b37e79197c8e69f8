/* SPDX-License-Identifier: MIT */
/* Ended in the middle of a call, as its client and as its server. */
#include "ipc/call.h"
#include "ipc/mailbox.h"
#include "tests/unit/death_case.h"

#define REQUEST "request"
#define REPLY "the reply"

/* What the survivor's call came to. */
struct test_outcome {
	enum channel_status status;
	char reply[16];
	size_t length;
};

static bool test_long; /* requests and replies too long for the mailbox */

static size_t test_request_length(void)
{
	return test_long ? MAILBOX_MAX + 1 : sizeof(REQUEST);
}

static void *test_calls(void *arg)
{
	char request[MAILBOX_MAX + 1] = REQUEST;
	struct test_outcome *o = arg;
	struct call_client c;

	call_client_init(&c, test.survivor);
	o->status = call_make(&c, request, test_request_length(), o->reply, sizeof(o->reply),
			      &o->length, CHANNEL_FOREVER);
	return NULL;
}

static void life_serve(void)
{
	const void *request;
	uint64_t id;
	size_t len;

	if (call_receive(test.mortal, CHANNEL_NOW, &id, &request, &len) != CHANNEL_OK)
		return;
	test.done = len == test_request_length() && !memcmp(request, REQUEST, sizeof(REQUEST));
	if (test_long)
		channel_release(test.mortal);
	call_reply(test.mortal, id, REPLY, sizeof(REPLY), CHANNEL_NOW);
	test.done++;
}

/* The server has said that it serves, or nothing would go through the mailbox. */
static void test_serves(struct channel *ch)
{
	const void *request;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_NOW, &id, &request, &len), CHANNEL_AGAIN);
}

static unsigned long test_server_ends(unsigned long n, bool *ended)
{
	const struct ring_control *tx = test.survivor->tx_ring.control;
	struct test_outcome o = {0};

	test_serves(test.mortal);
	*ended = test_ends_beside(test_calls, test_long ? test_receiver_flag() : &tx->flag.caller,
				  &o, life_serve, n);
	if (o.status == CHANNEL_OK)
		assert_string_equal(o.reply, REPLY);
	else
		assert_int_equal(o.status, CHANNEL_CLOSED);
	if (test.done == 2)
		assert_int_equal(o.status, CHANNEL_OK);
	assert_told(0, 0);
	return o.status == CHANNEL_OK;
}

/* Short calls and long ones; one_ends says whether the survivor got what it waited for. */
static void test_calls_end(unsigned long (*one_ends)(unsigned long n, bool *ended))
{
	for (unsigned turn = 0; turn < 2; turn++) {
		unsigned long n = 0, got = 0;
		bool ended = true;

		test_long = turn;
		for (; ended; n++) {
			test_connect(n);
			got += one_ends(n, &ended);
		}
		assert_in_range(n, 101, UINT64_MAX);
		assert_in_range(got, 2, n - 1);
	}
}

static void a_server_may_end_at_any_instruction_of_a_call(void **state)
{
	(void)state;
	test_calls_end(test_server_ends);
}

static void *test_answers(void *arg)
{
	struct test_outcome *o = arg;
	const void *request;
	uint64_t id;
	size_t len;

	o->status = call_receive(test.survivor, CHANNEL_FOREVER, &id, &request, &len);
	if (o->status != CHANNEL_OK)
		return NULL;
	assert_int_equal(len, test_request_length());
	assert_string_equal(request, REQUEST);
	if (test_long)
		channel_release(test.survivor);
	/* There may be nobody any more: what it answers says nothing. */
	call_reply(test.survivor, id, REPLY, sizeof(REPLY), CHANNEL_NOW);
	return NULL;
}

static void life_call(void)
{
	static struct call_client c;
	static struct call call;
	static char request[MAILBOX_MAX + 1] = REQUEST;
	const struct channel_part part = {request, test_request_length()};
	char reply[16];

	call_client_init(&c, test.mortal);
	if (call_start(&c, &call, &part, 1, reply, sizeof(reply), CHANNEL_NOW) == CHANNEL_OK)
		test.done = 1;
	call_wait(&c, &call, CHANNEL_NOW);
	call_drop(&c, &call);
}

static unsigned long test_client_ends(unsigned long n, bool *ended)
{
	struct test_outcome o = {0};

	test_serves(test.survivor);
	*ended = test_ends_beside(test_answers, test_receiver_flag(), &o, life_call, n);
	if (o.status != CHANNEL_OK)
		assert_int_equal(o.status, CHANNEL_CLOSED);
	if (test.done)
		assert_int_equal(o.status, CHANNEL_OK);
	assert_told(0, 0);
	return o.status == CHANNEL_OK;
}

static void a_client_may_end_at_any_instruction_of_a_call(void **state)
{
	(void)state;
	test_calls_end(test_client_ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_may_end_at_any_instruction_of_a_call),
		cmocka_unit_test(a_client_may_end_at_any_instruction_of_a_call),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
