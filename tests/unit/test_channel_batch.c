/* SPDX-License-Identifier: MIT */
/* Messages in parts and in batches: what the peer sees, and when. */
#include "tests/unit/channel_case.h"

#include <pthread.h>

/* One message of the batch. */
static void assert_quiet(struct channel *ch, const char *text)
{
	void *room;

	assert_int_equal(channel_reserve(ch, strlen(text), CHANNEL_NOW, &room), CHANNEL_OK);
	memcpy(room, text, strlen(text));
	assert_int_equal(channel_commit_quiet(ch, strlen(text)), CHANNEL_OK);
}

static void parts_arrive_as_one_message(void **state)
{
	struct channel_pair *p = *state;
	const struct channel_part parts[] = {{"one ", 4}, {NULL, 0}, {"message", 7}};

	assert_int_equal(channel_sendv(p->a, parts, 3, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(channel_sendv(p->a, NULL, 0, CHANNEL_NOW), CHANNEL_OK);
	assert_recv(p->b, "one message");
	assert_recv(p->b, "");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void parts_of_more_than_the_largest_message_are_too_big(void **state)
{
	static const char zeroes[TEST_RING];
	struct channel_pair *p = *state;
	size_t max = channel_max(p->a);
	const struct channel_part most[] = {{zeroes, max - 1}, {zeroes, 1}};
	const struct channel_part more[] = {{zeroes, max - 1}, {zeroes, 2}};
	const struct channel_part huge[] = {{zeroes, SIZE_MAX}, {zeroes, 9}};

	assert_int_equal(channel_sendv(p->a, more, 2, CHANNEL_FOREVER), CHANNEL_TOO_BIG);
	assert_int_equal(channel_sendv(p->a, huge, 2, CHANNEL_FOREVER), CHANNEL_TOO_BIG);
	assert_int_equal(channel_sendv(p->a, most, 2, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
}

static void parts_wait_for_room_as_long_as_they_are_told(void **state)
{
	struct channel_pair *p = *state;
	const struct channel_part part = {"12345678", 8};

	test_stuff(p->a, 24);
	while (channel_send(p->a, "", 0, CHANNEL_NOW) == CHANNEL_OK)
		;
	assert_int_equal(channel_sendv(p->a, &part, 1, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_sendv(p->a, &part, 1, 1), CHANNEL_AGAIN);
	channel_close(p->b);
	assert_int_equal(channel_sendv(p->a, &part, 1, CHANNEL_FOREVER), CHANNEL_CLOSED);
}

static void a_batch_is_seen_at_the_flush_and_in_order(void **state)
{
	struct channel_pair *p = *state;

	assert_send(p->a, "before");
	assert_quiet(p->a, "one");
	assert_quiet(p->a, "");
	assert_quiet(p->a, "three");
	assert_recv(p->b, "before");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_flush(p->a), CHANNEL_OK);
	assert_recv(p->b, "one");
	assert_recv(p->b, "");
	assert_recv(p->b, "three");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_flush(p->a), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void an_ordinary_commit_flushes_too(void **state)
{
	struct channel_pair *p = *state;

	assert_quiet(p->a, "held");
	assert_send(p->a, "sent");
	assert_recv(p->b, "held");
	assert_recv(p->b, "sent");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void a_batch_with_no_room_left_is_flushed(void **state)
{
	struct channel_pair *p = *state;
	unsigned n = 0;
	void *room;

	while (channel_reserve(p->a, 24, CHANNEL_NOW, &room) == CHANNEL_OK) {
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
		assert_int_equal(channel_commit_quiet(p->a, 24), CHANNEL_OK);
		n++;
	}
	assert_int_equal(n, TEST_RING / 32 - 1);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void to_finish_flushes(void **state)
{
	struct channel_pair *p = *state;

	assert_quiet(p->a, "held");
	channel_finish(p->a);
	assert_recv(p->b, "held");
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_flush(p->a), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
}

static void a_flush_to_a_peer_that_has_closed_says_so(void **state)
{
	struct channel_pair *p = *state;

	assert_int_equal(channel_commit_quiet(p->a, 0), CHANNEL_MISUSE);
	assert_quiet(p->a, "lost");
	channel_close(p->b);
	assert_int_equal(channel_flush(p->a), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->a), CHANNEL_FINISHED);
	assert_int_equal(channel_commit_quiet(p->a, 0), CHANNEL_MISUSE);
}

/* Batches of every size that fits, from every place, with pads wherever they fall. */
static void every_batch_from_every_place_is_whole(void **state)
{
	struct channel_pair *p = *state;
	unsigned sent = 0, received = 0, batch = 0;

	while (sent < 40000) {
		for (batch = 1 + batch % 37; batch; batch--, sent++) {
			void *room;

			assert_int_equal(channel_reserve(p->a, sent % 90, CHANNEL_NOW, &room),
					 CHANNEL_OK);
			memset(room, (int)(sent % 251), sent % 90);
			assert_int_equal(channel_commit_quiet(p->a, sent % 90), CHANNEL_OK);
		}
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_AGAIN);
		assert_int_equal(channel_flush(p->a), CHANNEL_OK);
		batch = sent - received;
		for (; received < sent; received++) {
			char buf[TEST_RING], want[90];
			size_t len;

			assert_int_equal(channel_recv(p->b, buf, sizeof(buf), &len, CHANNEL_NOW),
					 CHANNEL_OK);
			assert_int_equal(len, received % 90);
			memset(want, (int)(received % 251), len);
			assert_memory_equal(buf, want, len);
		}
	}
}

#define STREAM 200000

static void *stream_send(void *a)
{
	for (uint64_t i = 0; i < STREAM; i++) {
		void *room;

		assert_int_equal(channel_reserve(a, 8 + i % 40, CHANNEL_FOREVER, &room),
				 CHANNEL_OK);
		memcpy(room, &i, sizeof(i));
		assert_int_equal(channel_commit_quiet(a, 8 + i % 40), CHANNEL_OK);
		if (i % 61 == 0)
			assert_int_equal(channel_flush(a), CHANNEL_OK);
	}
	channel_finish(a);
	return NULL;
}

static void a_stream_of_batches_is_whole_across_threads(void **state)
{
	struct channel_pair *p = *state;
	enum channel_status status;
	const void *msg;
	pthread_t id;
	uint64_t n = 0;
	size_t len;

	assert_int_equal(pthread_create(&id, NULL, stream_send, p->a), 0);
	while ((status = channel_peek(p->b, CHANNEL_FOREVER, &msg, &len)) == CHANNEL_OK) {
		assert_int_equal(len, 8 + n % 40);
		assert_memory_equal(msg, &n, sizeof(n));
		channel_release(p->b);
		n++;
	}
	assert_int_equal(status, CHANNEL_CLOSED);
	assert_int_equal(n, STREAM);
	pthread_join(id, NULL);
}

static const struct CMUnitTest tests[] = {
	TEST(parts_arrive_as_one_message),
	TEST(parts_of_more_than_the_largest_message_are_too_big),
	TEST(parts_wait_for_room_as_long_as_they_are_told),
	TEST(a_batch_is_seen_at_the_flush_and_in_order),
	TEST(an_ordinary_commit_flushes_too),
	TEST(a_batch_with_no_room_left_is_flushed),
	TEST(to_finish_flushes),
	TEST(a_flush_to_a_peer_that_has_closed_says_so),
	TEST(every_batch_from_every_place_is_whole),
	TEST(a_stream_of_batches_is_whole_across_threads),
};

int main(void)
{
	bell_init();
	return cmocka_run_group_tests_name("channel, batches", tests, NULL, NULL);
}
