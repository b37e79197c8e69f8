/* SPDX-License-Identifier: MIT */
/* Short messages of text, sent and looked at. */
#ifndef TESTS_UNIT_TEXT_MESSAGE_H
#define TESTS_UNIT_TEXT_MESSAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ipc/channel.h"

static inline enum channel_status test_send(struct channel *ch, const char *text)
{
	return channel_send(ch, text, strlen(text) + 1, CHANNEL_NOW);
}

static inline enum channel_status test_recv(struct channel *ch, uint64_t deadline)
{
	char buf[64];
	size_t len;

	return channel_recv(ch, buf, sizeof(buf), &len, deadline);
}

static inline void assert_recv(struct channel *ch, const char *text)
{
	char buf[64];
	size_t len;

	assert_int_equal(channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_string_equal(buf, text);
}

static inline void assert_passes(struct channel *a, struct channel *b)
{
	assert_int_equal(test_send(a, "there"), CHANNEL_OK);
	assert_int_equal(test_send(b, "back"), CHANNEL_OK);
	assert_recv(b, "there");
	assert_recv(a, "back");
	assert_int_equal(channel_reason(a), CHANNEL_OPEN);
	assert_int_equal(channel_reason(b), CHANNEL_OPEN);
}

#endif
