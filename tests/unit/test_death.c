/* SPDX-License-Identifier: MIT */
/* Ended in the middle of sending or receiving. */
#include "tests/unit/death_case.h"

static bool a_sender_may_end_at_any_instruction(unsigned long n)
{
	unsigned done;
	bool ended;

	test_connect(n);
	ended = test_ends(life_send, n);
	done = test.done;
	channel_table_end(MORTAL, true);
	assert_told(done, done < BATCH ? done + 1 : done);
	assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	return ended;
}

static void life_batch(void)
{
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_reserve(test.mortal, test_length(i), CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[test_length(i) - 1] = (char)i;
		channel_commit_quiet(test.mortal, test_length(i));
	}
	test.done = 1;
	if (channel_flush(test.mortal) == CHANNEL_OK)
		test.done = 2;
}

static void a_batch_is_sent_whole_or_not_at_all(void **state)
{
	static const unsigned least[] = {0, 0, BATCH}, most[] = {0, BATCH, BATCH};
	unsigned long n = 0, sent = 0, lost = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		unsigned received;

		test_connect(n);
		ended = test_ends(life_batch, n);
		channel_table_end(MORTAL, true);
		received = test_drain();
		if (received != least[test.done])
			assert_int_equal(received, most[test.done]);
		sent += received == BATCH;
		lost += received == 0;
		assert_told(0, 0);
	}
	assert_in_range(sent, 2, UINT64_MAX);
	assert_in_range(lost, 101, UINT64_MAX);
}

static void life_receive(void)
{
	char buf[256];
	size_t len;

	for (unsigned i = 0; i < BATCH; i++)
		channel_recv(test.mortal, buf, sizeof(buf), &len, CHANNEL_NOW);
}

static bool a_receiver_may_end_at_any_instruction(unsigned long n)
{
	bool ended;

	test_connect(n);
	for (unsigned i = 0; i < BATCH; i++)
		test_send(test.survivor, i);
	ended = test_ends(life_receive, n);
	channel_table_end(MORTAL, true);
	assert_told(0, 0);
	assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	return ended;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sender_may_end_at_any_instruction, 101),
		cmocka_unit_test(a_batch_is_sent_whole_or_not_at_all),
		TEST(a_receiver_may_end_at_any_instruction, 101),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
