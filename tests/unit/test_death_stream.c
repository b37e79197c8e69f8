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
		assert_true(n > 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_may_end_at_any_instruction),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
