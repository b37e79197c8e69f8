/* SPDX-License-Identifier: MIT */
/* Streams: the same messages as by the other calls, in registers and together. */
#include <pthread.h>

#include "tests/unit/stream_case.h"

#define MESSAGES 20000

/* Lengths up to the most, most often as the one before. */
static size_t test_length(const struct channel *ch, uint64_t seq)
{
	uint64_t kind = seq / 5 * 7919;

	return kind % (kind % 16 ? 40 : channel_max(ch) + 1);
}

/* As many as fit, then all of them back, from every place of the ring. */
static void test_fill_and_drain(struct channel_pair *p, bool later)
{
	struct channel_writer w = channel_writer_open(p->a);
	struct channel_reader r = channel_reader_open(p->b);
	uint64_t sent = 0, got = 0;

	while (got < MESSAGES) {
		while (test_write(&w, test_length(p->a, sent), sent, CHANNEL_NOW, later) ==
		       CHANNEL_OK)
			sent++;
		assert_true(sent > got);
		for (; got < sent; got++)
			test_read(&r, test_length(p->a, got), got, CHANNEL_NOW);
		test_read_nothing(&r, CHANNEL_AGAIN);
	}
	channel_writer_close(&w);
	channel_reader_close(&r);
}

static void messages_of_all_lengths_pass_at_all_places(void **state)
{
	(void)state;
	for (uint64_t start = 0; start < 4096; start += 8) {
		struct channel_pair p;

		if (start > 64 && start < 4096 - 64 && start % 328)
			continue;
		channel_pair_init(&p, 4096, UINT64_MAX - 8191 + start);
		test_fill_and_drain(&p, false);
		test_fill_and_drain(&p, true);
		channel_pair_free(&p);
	}
}

static void what_was_added_is_seen_with_the_flush_and_not_before(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer w = channel_writer_open(p->a);
	struct channel_reader r = channel_reader_open(p->b);

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(test_write(&w, 8 * i, i, CHANNEL_NOW, true), CHANNEL_OK);
	test_read_nothing(&r, CHANNEL_AGAIN);
	assert_int_equal(channel_writer_flush(&w), CHANNEL_OK);
	for (unsigned i = 0; i < 3; i++)
		test_read(&r, 8 * i, i, CHANNEL_NOW);
	assert_int_equal(test_write(&w, 8, 3, CHANNEL_NOW, true), CHANNEL_OK);
	assert_int_equal(test_write(&w, 8, 4, CHANNEL_NOW, false), CHANNEL_OK);
	test_read(&r, 8, 3, CHANNEL_NOW);
	test_read(&r, 8, 4, CHANNEL_NOW);
	assert_int_equal(test_write(&w, 8, 5, CHANNEL_NOW, true), CHANNEL_OK);
	channel_writer_close(&w);
	test_read(&r, 8, 5, CHANNEL_NOW);
}

/* Room for more than is sent, all of it written to; or that first, and then just enough. */
static enum channel_status test_write_less(struct channel_writer *w, size_t room_len, size_t len,
					   uint64_t seq, unsigned how)
{
	enum channel_status status = CHANNEL_OK;
	void *room;

	for (unsigned i = 0; status == CHANNEL_OK && i < 1 + how / 2; i++) {
		status = channel_writer_room(w, i ? len : room_len, CHANNEL_NOW, &room);
		if (status == CHANNEL_OK)
			memset(room, 0xff, i ? len : room_len);
	}
	if (status != CHANNEL_OK)
		return status;
	test_fill(room, len, seq);
	return how % 2 ? channel_writer_add(w, len) : channel_writer_commit(w, len);
}

/* Each message is followed by one that takes the words behind it to be as they were cleared. */
static void test_write_less_and_drain(struct channel_pair *p, size_t room_len, size_t len,
				      unsigned how)
{
	struct channel_writer w = channel_writer_open(p->a);
	struct channel_reader r = channel_reader_open(p->b);
	uint64_t sent = 0, got = 0;

	while (got < 1000) {
		while (sent < got + 1 + got % 7 &&
		       (sent % 2 ? test_write(&w, 8, sent, CHANNEL_NOW, false)
				 : test_write_less(&w, room_len, len, sent, how)) == CHANNEL_OK)
			sent++;
		assert_true(sent > got);
		assert_int_equal(channel_writer_flush(&w), CHANNEL_OK);
		for (; got < sent; got++)
			test_read(&r, got % 2 ? 8 : len, got, CHANNEL_NOW);
		test_read_nothing(&r, CHANNEL_AGAIN);
	}
	channel_writer_close(&w);
	channel_reader_close(&r);
}

static void what_is_left_over_of_the_room_is_no_message(void **state)
{
	static const size_t rooms[] = {8, 31, 32, 100, 500};

	(void)state;
	for (unsigned i = 0; i < 4 * sizeof(rooms) / sizeof(rooms[0]); i++)
		for (size_t len = 0; len < rooms[i / 4]; len += 5) {
			struct channel_pair p;

			channel_pair_init(&p, 4096, 0);
			test_write_less_and_drain(&p, rooms[i / 4], len, i % 4);
			channel_pair_free(&p);
		}
}

static void a_writer_and_a_withheld_batch_exclude_each_other(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer w;
	struct channel_reader r;
	void *room;

	assert_int_equal(channel_reserve(p->a, 8, CHANNEL_NOW, &room), CHANNEL_OK);
	test_fill(room, 8, 0);
	assert_int_equal(channel_commit_quiet(p->a, 8), CHANNEL_OK);
	w = channel_writer_open(p->a);
	assert_int_equal(channel_writer_room(&w, 8, CHANNEL_NOW, &room), CHANNEL_MISUSE);
	assert_int_equal(channel_writer_commit(&w, 8), CHANNEL_MISUSE);
	channel_writer_close(&w);
	assert_int_equal(channel_flush(p->a), CHANNEL_OK);
	assert_int_equal(channel_writer_room(&w, 8, CHANNEL_NOW, &room), CHANNEL_MISUSE);

	w = channel_writer_open(p->a);
	assert_int_equal(test_write(&w, 8, 1, CHANNEL_NOW, true), CHANNEL_OK);
	assert_int_equal(channel_commit_quiet(p->a, 0), CHANNEL_MISUSE);
	assert_int_equal(channel_reserve(p->a, 8, CHANNEL_NOW, &room), CHANNEL_OK);
	assert_int_equal(channel_commit_quiet(p->a, 8), CHANNEL_MISUSE);
	channel_writer_close(&w);
	channel_writer_close(&w);

	assert_int_equal(channel_reserve(p->a, 8, CHANNEL_NOW, &room), CHANNEL_OK);
	test_fill(room, 8, 2);
	assert_int_equal(channel_commit_quiet(p->a, 8), CHANNEL_OK);
	channel_finish(p->a);
	r = channel_reader_open(p->b);
	for (unsigned i = 0; i < 3; i++)
		test_read(&r, 8, i, CHANNEL_NOW);
	test_read_nothing(&r, CHANNEL_CLOSED);
	channel_reader_close(&r);
}

static void streams_and_the_other_calls_pass_the_same_messages(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer w;
	struct channel_reader r;
	struct channel_stats stats;
	uint64_t word = 0;
	size_t len;

	for (uint64_t turn = 0; turn < 1000; turn++) {
		w = channel_writer_open(p->a);
		assert_int_equal(test_write(&w, 16, turn, CHANNEL_NOW, turn % 2), CHANNEL_OK);
		channel_writer_close(&w);
		assert_int_equal(channel_send(p->a, &turn, 8, CHANNEL_NOW), CHANNEL_OK);
		r = channel_reader_open(p->b);
		test_read(&r, 16, turn, CHANNEL_NOW);
		channel_reader_close(&r);
		assert_int_equal(channel_recv(p->b, &word, 8, &len, CHANNEL_NOW), CHANNEL_OK);
		assert_int_equal(word, turn);
	}
	channel_stats(p->a, &stats);
	assert_int_equal(stats.sent, 2000);
	assert_int_equal(stats.sent_bytes, 24000);
	channel_stats(p->b, &stats);
	assert_int_equal(stats.received, 2000);
	assert_int_equal(stats.received_bytes, 24000);
}

static void a_message_stays_until_it_is_done_with(void **state)
{
	struct channel_pair *p = *state;
	struct channel_reader r = channel_reader_open(p->b);
	struct channel_stats stats;
	const void *first, *again;
	size_t len;

	assert_int_equal(channel_reader_done(&r), CHANNEL_MISUSE);
	channel_send(p->a, "one", 3, CHANNEL_NOW);
	channel_send(p->a, "three", 5, CHANNEL_NOW);
	assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &first, &len), CHANNEL_OK);
	assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &again, &len), CHANNEL_OK);
	assert_ptr_equal(first, again);
	assert_int_equal(len, 3);
	channel_reader_done(&r);
	assert_int_equal(channel_reader_done(&r), CHANNEL_MISUSE);
	assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &again, &len), CHANNEL_OK);
	assert_memory_equal(again, "three", 5);
	channel_reader_close(&r);
	channel_stats(p->b, &stats);
	assert_int_equal(stats.received, 1);
	assert_int_equal(stats.received_bytes, 3);
	/* Not done with: it is still there. */
	assert_int_equal(channel_peek(p->b, CHANNEL_NOW, &again, &len), CHANNEL_OK);
	assert_memory_equal(again, "three", 5);
}

static void misuse_of_a_writer_is_refused(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer w = channel_writer_open(p->a);
	void *room;

	assert_int_equal(channel_writer_commit(&w, 0), CHANNEL_MISUSE);
	assert_int_equal(channel_writer_add(&w, 0), CHANNEL_MISUSE);
	assert_int_equal(channel_writer_room(&w, 8, CHANNEL_NOW, &room), CHANNEL_OK);
	assert_int_equal(channel_writer_commit(&w, 9), CHANNEL_MISUSE);
	assert_int_equal(channel_writer_commit(&w, 5), CHANNEL_OK);
	assert_int_equal(channel_writer_commit(&w, 5), CHANNEL_MISUSE);
	assert_int_equal(channel_writer_room(&w, channel_max(p->a) + 1, CHANNEL_NOW, &room),
			 CHANNEL_TOO_BIG);
	assert_int_equal(channel_writer_room(&w, SIZE_MAX, CHANNEL_NOW, &room), CHANNEL_TOO_BIG);
	channel_writer_close(&w);
	assert_int_equal(channel_commit(p->a, 0), CHANNEL_MISUSE);
}

static void *test_reads_all(void *arg)
{
	struct channel *ch = arg;
	struct channel_reader r = channel_reader_open(ch);

	for (uint64_t seq = 0; seq < MESSAGES; seq++)
		test_read(&r, test_length(ch, seq), seq, CHANNEL_FOREVER);
	channel_reader_close(&r);
	return NULL;
}

static void two_threads_wait_for_each_other(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer w;
	pthread_t id;

	assert_int_equal(pthread_create(&id, NULL, test_reads_all, p->b), 0);
	w = channel_writer_open(p->a);
	for (uint64_t seq = 0; seq < MESSAGES; seq++)
		assert_int_equal(test_write(&w, test_length(p->a, seq), seq, CHANNEL_FOREVER,
					    seq % 100 > 20),
				 CHANNEL_OK);
	channel_writer_close(&w);
	pthread_join(id, NULL);
}

static void a_writer_that_has_to_fence_passes_the_same_messages(void **state)
{
	bool fenced = bell_mode.fenced;

	bell_mode.fenced = true;
	test_fill_and_drain(*state, false);
	test_fill_and_drain(*state, true);
	stream_teardown(state);
	stream_setup(state);
	two_threads_wait_for_each_other(state);
	bell_mode.fenced = fenced;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_all_lengths_pass_at_all_places),
		TEST(what_was_added_is_seen_with_the_flush_and_not_before),
		cmocka_unit_test(what_is_left_over_of_the_room_is_no_message),
		TEST(a_writer_and_a_withheld_batch_exclude_each_other),
		TEST(streams_and_the_other_calls_pass_the_same_messages),
		TEST(a_message_stays_until_it_is_done_with),
		TEST(misuse_of_a_writer_is_refused),
		TEST(two_threads_wait_for_each_other),
		TEST(a_writer_that_has_to_fence_passes_the_same_messages),
	};

	bell_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
