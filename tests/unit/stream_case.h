/* SPDX-License-Identifier: MIT */
/* Numbered messages through a writer and a reader. */
#ifndef TESTS_UNIT_STREAM_CASE_H
#define TESTS_UNIT_STREAM_CASE_H

#include "ipc/channel_stream.h"
#include "tests/unit/ring_pair.h"

static inline int stream_setup(void **state)
{
	static struct channel_pair pair;

	channel_pair_init(&pair, 4096, 0);
	*state = &pair;
	return 0;
}

static inline int stream_teardown(void **state)
{
	channel_pair_free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stream_setup, stream_teardown)

static inline enum channel_status test_write(struct channel_writer *w, size_t len, uint64_t seq,
					     uint64_t deadline, bool later)
{
	enum channel_status status;
	void *room;

	status = channel_writer_room(w, len, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	test_fill(room, len, seq);
	return later ? channel_writer_add(w, len) : channel_writer_commit(w, len);
}

static inline void test_read(struct channel_reader *r, size_t want, uint64_t seq, uint64_t deadline)
{
	const void *msg;
	size_t len;

	assert_int_equal(channel_reader_next(r, deadline, &msg, &len), CHANNEL_OK);
	assert_int_equal(len, want);
	test_check(msg, len, seq);
	assert_int_equal(channel_reader_done(r), CHANNEL_OK);
}

static inline void test_read_nothing(struct channel_reader *r, enum channel_status status)
{
	const void *msg;
	size_t len;

	assert_int_equal(channel_reader_next(r, CHANNEL_NOW, &msg, &len), status);
}

#endif
