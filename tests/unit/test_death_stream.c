/* SPDX-License-Identifier: MIT */
/* Ended in the middle of a stream: a writer, a reader, and the peers of both. */
#include "ipc/channel_stream.h"
#include "tests/unit/death_case.h"

/* Each is there at once, or all with the flush. */
static void test_write(bool at_once)
{
	struct channel_writer w = channel_writer_open(test.mortal);
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		size_t len = test_length(i);

		if (channel_writer_room(&w, len, CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[len - 1] = (char)i;
		if (at_once)
			channel_writer_commit(&w, len);
		else
			channel_writer_add(&w, len);
		test.done += at_once;
	}
	channel_writer_flush(&w);
	test.done = BATCH;
}

static void life_write(void)
{
	test_write(true);
}

static void life_write_together(void)
{
	test_write(false);
}

/* Of what was written and not said to be, up to `more` may be there. */
static bool test_writer_ends(unsigned long n, void (*life)(void), unsigned more)
{
	unsigned done;
	bool ended;

	test_connect(n);
	ended = test_ends(life, n);
	done = test.done;
	channel_table_end(MORTAL, true);
	assert_told(done, done < BATCH ? done + more : done);
	assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	return ended;
}

static bool a_writer_may_end_at_any_instruction(unsigned long n)
{
	return test_writer_ends(n, life_write, 1);
}

/* Where room had to wait, the first of what was added went before. */
static bool a_writer_that_adds_may_end_at_any_instruction(unsigned long n)
{
	return test_writer_ends(n, life_write_together, BATCH);
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

static bool a_reader_may_end_at_any_instruction(unsigned long n)
{
	bool ended;

	test_connect(n);
	for (unsigned i = 0; i < BATCH; i++)
		test_send(test.survivor, i);
	ended = test_ends(life_read, n);
	if (!ended)
		assert_int_equal(test.done, BATCH);
	channel_table_end(MORTAL, true);
	assert_told(0, 0);
	assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	return ended;
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

static bool a_reader_that_sleeps_gets_what_was_written_and_is_told(unsigned long n)
{
	unsigned got = 0, done;
	bool ended;

	test_connect(n);
	ended = test_ends_beside(test_sleeps_in_reader, test_receiver_flag(), &got, life_write, n);
	done = test.done;
	assert_in_range(got, done, done < BATCH ? done + 1 : done);
	assert_told(0, 0);
	return ended;
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

static bool a_writer_that_sleeps_for_room_is_told(unsigned long n)
{
	enum channel_status status;
	pthread_t id;
	bool ended;

	test_connect(0);
	id = test_sleeper(test_sleeps_in_writer, &test.survivor->tx_ring.control->flag.sender,
			  &status);
	test_consume();
	ended = test_ends(life_read, n);
	channel_table_end(MORTAL, true);
	pthread_join(id, NULL);
	assert_told(0, 0);
	return ended;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_writer_may_end_at_any_instruction, 101),
		TEST(a_writer_that_adds_may_end_at_any_instruction, 101),
		TEST(a_reader_may_end_at_any_instruction, 101),
		TEST(a_reader_that_sleeps_gets_what_was_written_and_is_told, 101),
		TEST(a_writer_that_sleeps_for_room_is_told, 101),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
