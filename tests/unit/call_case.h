/* SPDX-License-Identifier: MIT */
/* What the tests of calls share. */
#ifndef TESTS_UNIT_CALL_CASE_H
#define TESTS_UNIT_CALL_CASE_H

#include "ipc/call.h"
#include "ipc/mailbox.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/waiting.h"

/* Long before, what is waited for has come, or a test that fails would hang. */
#define SOON test_in(5000 * MS)

/* Takes a request and says which. */
static inline uint64_t test_request(struct channel *ch, const char *text)
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

/* Takes the request and answers it. */
static inline void test_answer(struct channel *ch, const char *request, const char *reply)
{
	uint64_t id = test_request(ch, request);

	assert_int_equal(call_reply(ch, id, reply, strlen(reply), CHANNEL_NOW), CHANNEL_OK);
}

static inline void test_start(struct call_client *c, struct call *call, const char *text,
			      char *reply)
{
	const struct channel_part part = {text, strlen(text)};

	assert_int_equal(call_start(c, call, &part, 1, reply, 8, CHANNEL_NOW), CHANNEL_OK);
}

/* Nothing there, but from now on the mailbox is open. */
static inline void test_serve(struct channel *ch)
{
	const void *msg;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_NOW, &id, &msg, &len), CHANNEL_AGAIN);
}

/* Rings begun anew, as connection.h does it when both ends have let go. */
static inline void test_reconnect(struct channel_pair *p)
{
	channel_close(p->a);
	endpoint_renew(p->a);
	endpoint_join(p->a);
	endpoint_join(p->b);
}

#endif
