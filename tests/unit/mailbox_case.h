/* SPDX-License-Identifier: MIT */
/* Short forms of calling through the mailbox and of serving, for the tests of it. */
#ifndef TESTS_UNIT_MAILBOX_CASE_H
#define TESTS_UNIT_MAILBOX_CASE_H

#include "ipc/mailbox.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/waiting.h"

/* Nothing there, but from now on the end serves. */
static inline void test_serve(struct channel *ch)
{
	const void *msg;
	bool request;
	size_t len;

	assert_int_equal(mailbox_receive(ch, CHANNEL_NOW, &request, &msg, &len), CHANNEL_AGAIN);
	assert_false(request);
}

static inline void assert_next(struct channel *ch, bool call, const char *text)
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

static inline enum channel_status test_start(struct channel *ch, const char *text,
					     uint64_t deadline)
{
	return mailbox_start(ch, text, strlen(text), deadline);
}

static inline void assert_start(struct channel *ch, const char *text)
{
	assert_int_equal(test_start(ch, text, CHANNEL_NOW), CHANNEL_OK);
}

static inline void assert_reply(struct channel *ch, const char *text)
{
	assert_int_equal(mailbox_reply(ch, text, strlen(text)), CHANNEL_OK);
}

static inline enum channel_status test_wait(struct channel *ch, uint64_t deadline)
{
	char reply[MAILBOX_MAX];
	size_t len;

	return mailbox_wait(ch, reply, sizeof(reply), &len, deadline);
}

static inline void assert_replied(struct channel *ch, const char *text)
{
	char reply[MAILBOX_MAX];
	size_t len;

	assert_int_equal(mailbox_wait(ch, reply, sizeof(reply), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(reply, text, len);
}

#endif
