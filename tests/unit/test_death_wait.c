/* SPDX-License-Identifier: MIT */
/* Ended before the peer, which sleeps, was woken; and ended while about to sleep. */
#include "ipc/set_member.h"
#include "tests/unit/death_case.h"

static void life_send_one(unsigned i)
{
	static char messages[BATCH][256];

	messages[i][0] = messages[i][test_length(i) - 1] = (char)i;
	if (channel_send(test.mortal, messages[i], test_length(i), CHANNEL_NOW) == CHANNEL_OK)
		test.done++;
}

static void life_send(void)
{
	for (unsigned i = 0; i < BATCH; i++)
		life_send_one(i);
}

static void test_release(void)
{
	const void *msg;
	size_t len;

	if (channel_peek(test.mortal, CHANNEL_NOW, &msg, &len) == CHANNEL_OK)
		channel_release(test.mortal);
}

static void *test_sleeps_for_room(void *status)
{
	void *room;

	*(enum channel_status *)status = channel_reserve(test.survivor, 8, CHANNEL_FOREVER, &room);
	return NULL;
}

static void *test_sleeps_for_message(void *status)
{
	*(enum channel_status *)status = test_recv(test.survivor, 0, CHANNEL_FOREVER);
	return NULL;
}

static void a_sender_that_ends_before_it_has_woken_its_peer_leaves_nobody_asleep(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(n);
		id = test_sleeper(test_sleeps_for_message,
				  &test.survivor->rx_ring.control->flag.receiver, &status);
		ended = test_ends(life_send, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		if (status != CHANNEL_OK)
			assert_int_equal(status, CHANNEL_CLOSED);
		channel_close(test.survivor);
	}
}

static void *test_sleeps_in_set(void *status)
{
	struct channel_set *set = channel_set_new();
	void *tag;

	channel_set_receive(set, test.survivor, NULL);
	*(enum channel_status *)status = channel_set_wait(set, CHANNEL_FOREVER, &tag);
	channel_set_free(set);
	return NULL;
}

static void a_sender_that_ends_before_it_has_told_a_set_leaves_nobody_asleep(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(n);
		id = test_sleeper(test_sleeps_in_set,
				  &test.survivor->rx_ring.control->flag.receiver, &status);
		ended = test_ends(life_send, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		assert_int_equal(status, CHANNEL_OK);
		channel_close(test.survivor);
	}
	assert_true(n > 100);
}

/* All that makes up a portion of room but for the last message of it. */
static void test_fill_and_release(void)
{
	unsigned portion = RING / RING_ACK_SHARE / (8 + 8);

	while (channel_send(test.survivor, "12345678", 8, CHANNEL_NOW) == CHANNEL_OK)
		;
	for (unsigned i = 1; i < portion; i++)
		test_release();
}

static void a_receiver_that_ends_before_it_has_made_room_leaves_nobody_asleep(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(0);
		test_fill_and_release();
		id = test_sleeper(test_sleeps_for_room,
				  &test.survivor->tx_ring.control->flag.sender, &status);
		ended = test_ends(test_release, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		if (status != CHANNEL_OK)
			assert_int_equal(status, CHANNEL_CLOSED);
		assert_told(0, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_sender_that_ends_before_it_has_woken_its_peer_leaves_nobody_asleep),
		cmocka_unit_test(a_sender_that_ends_before_it_has_told_a_set_leaves_nobody_asleep),
		cmocka_unit_test(a_receiver_that_ends_before_it_has_made_room_leaves_nobody_asleep),
	};

	return cmocka_run_group_tests(tests, death_setup, NULL);
}
