/* SPDX-License-Identifier: MIT */
/* Ended in the middle of a stream: a writer, a reader, and the peers of both. */
#include "ipc/channel_stream.h"
#include "tests/unit/death_case.h"

static void life_write(void)
{
	struct channel_writer w = channel_writer_open(test.mortal);
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_writer_room(&w, test_length(i), CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[test_length(i) - 1] = (char)i;
		channel_writer_commit(&w, test_length(i));
		test.done++;
	}
}

static void life_write_together(void)
{
	struct channel_writer w = channel_writer_open(test.mortal);
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_writer_room(&w, test_length(i), CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[test_length(i) - 1] = (char)i;
		channel_writer_add(&w, test_length(i));
	}
	channel_writer_flush(&w);
	test.done = BATCH;
}

static void a_writer_may_end_at_any_instruction(void **state)
{
	void (*lives[])(void) = {life_write, life_write_together};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		unsigned long n = 0;
		bool ended = true;

		for (; ended; n++) {
			unsigned done;

			test_connect(n);
			ended = test_ends(lives[i], n);
			done = test.done;
			channel_table_end(MORTAL, true);
			/* Where room had to wait, the first of what was added went before. */
			assert_told(done, i ? BATCH : done < BATCH ? done + 1 : done);
			assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
		}
		assert_in_range(n, 101, UINT64_MAX);
	}
}

static void life_read(void)
{
	struct channel_reader r = channel_reader_open(test.mortal);
	const void *msg;
	size_t len;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_reader_next(&r, CHANNEL_NOW, &msg, &len) != CHANNEL_OK)
			return;
		channel_reader_done(&r);
		test.done++;
	}
	channel_reader_close(&r);
}

static void a_reader_may_end_at_any_instruction(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		test_connect(n);
		for (unsigned i = 0; i < BATCH; i++)
			test_send(test.survivor, i);
		ended = test_ends(life_read, n);
		if (!ended)
			assert_int_equal(test.done, BATCH);
		channel_table_end(MORTAL, true);
		assert_told(0, 0);
		assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	}
	assert_in_range(n, 101, UINT64_MAX);
}

static void *test_sleeps_in_reader(void *status)
{
	struct channel_reader r = channel_reader_open(test.survivor);
	const void *msg;
	size_t len;
	unsigned got = 0;

	while (channel_reader_next(&r, CHANNEL_FOREVER, &msg, &len) == CHANNEL_OK) {
		got += len == test_length(got);
		channel_reader_done(&r);
	}
	channel_reader_close(&r);
	*(unsigned *)status = got;
	return NULL;
}

static void a_reader_that_sleeps_gets_what_was_written_and_is_told(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		unsigned got = 0, done;

		test_connect(n);
		ended = test_ends_beside(test_sleeps_in_reader, test_receiver_flag(), &got,
					 life_write, n);
		done = test.done;
		assert_in_range(got, done, done < BATCH ? done + 1 : done);
		assert_told(0, 0);
	}
	assert_in_range(n, 101, UINT64_MAX);
}

static void *test_sleeps_in_writer(void *status)
{
	struct channel_writer w = channel_writer_open(test.survivor);
	void *room;

	do
		*(enum channel_status *)status = channel_writer_room(&w, 8, CHANNEL_FOREVER, &room);
	while (*(enum channel_status *)status == CHANNEL_OK &&
	       channel_writer_commit(&w, 8) == CHANNEL_OK);
	channel_writer_close(&w);
	return NULL;
}

/* All that makes up a portion of room but for what a reader will read of it. */
static void test_consume(void)
{
	unsigned portion = RING / RING_ACK_SHARE / (unsigned)ring_record(8);
	char buf[8];
	size_t len;

	for (unsigned i = BATCH; i <= portion; i++)
		assert_int_equal(channel_recv(test.mortal, buf, sizeof(buf), &len, CHANNEL_NOW),
				 CHANNEL_OK);
}

static void a_writer_that_sleeps_for_room_is_told(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		enum channel_status status;
		pthread_t id;

		test_connect(0);
		id = test_sleeper(test_sleeps_in_writer,
				  &test.survivor->tx_ring.control->flag.sender, &status);
		test_consume();
		ended = test_ends(life_read, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		assert_told(0, 0);
	}
	assert_in_range(n, 101, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_may_end_at_any_instruction),
		cmocka_unit_test(a_reader_may_end_at_any_instruction),
		cmocka_unit_test(a_reader_that_sleeps_gets_what_was_written_and_is_told),
		cmocka_unit_test(a_writer_that_sleeps_for_room_is_told),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
