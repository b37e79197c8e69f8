/* SPDX-License-Identifier: MIT */
/* Streams whose channel ends: closed, dead, opened again, or broken by the peer. */
#include "tests/unit/stream_case.h"

static void a_closed_peer_is_told_to_both(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer w = channel_writer_open(p->a);
	struct channel_reader r = channel_reader_open(p->b);

	assert_int_equal(test_write(&w, 8, 0, CHANNEL_NOW, false), CHANNEL_OK);
	channel_writer_close(&w);
	channel_finish(p->a);
	test_read(&r, 8, 0, CHANNEL_NOW);
	test_read_nothing(&r, CHANNEL_CLOSED);
	test_read_nothing(&r, CHANNEL_CLOSED);
	channel_reader_close(&r);
	w = channel_writer_open(p->b);
	channel_close(p->a);
	assert_int_equal(test_write(&w, 8, 0, CHANNEL_NOW, false), CHANNEL_CLOSED);
	assert_int_equal(test_write(&w, 8, 0, CHANNEL_NOW, false), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
}

static void a_closed_reader_gets_nothing_more(void **state)
{
	struct channel_pair *p = *state;
	struct channel_reader r;

	channel_send(p->a, "unread", 6, CHANNEL_NOW);
	channel_close(p->b);
	r = channel_reader_open(p->b);
	for (unsigned i = 0; i < 3; i++)
		test_read_nothing(&r, CHANNEL_CLOSED);
	channel_reader_close(&r);
}

static void a_second_writer_sends_nothing(void **state)
{
	struct channel_pair *p = *state;
	struct channel_writer first = channel_writer_open(p->a), second;
	char buf[8];
	size_t len;

	assert_int_equal(test_write(&first, 8, 0, CHANNEL_NOW, false), CHANNEL_OK);
	second = channel_writer_open(p->a);
	assert_int_equal(test_write(&second, 8, 7, CHANNEL_NOW, false), CHANNEL_MISUSE);
	channel_writer_close(&second);
	assert_int_equal(test_write(&first, 8, 1, CHANNEL_NOW, false), CHANNEL_OK);
	channel_writer_close(&first);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(channel_recv(p->b, buf, sizeof(buf), &len, CHANNEL_NOW),
				 CHANNEL_OK);
	assert_int_equal(channel_recv(p->b, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_AGAIN);
	second = channel_writer_open(p->a);
	assert_int_equal(test_write(&second, 8, 2, CHANNEL_NOW, false), CHANNEL_OK);
	channel_writer_close(&second);
}

/* What was flushed arrives, then the end; what was not is nowhere. */
static void test_closed_under_a_writer(void (*end)(struct channel *))
{
	struct channel_pair p;
	struct channel_writer w;
	struct channel_reader r;
	void *room;

	channel_pair_init(&p, 4096, 0);
	w = channel_writer_open(p.a);
	r = channel_reader_open(p.b);
	assert_int_equal(test_write(&w, 8, 0, CHANNEL_NOW, false), CHANNEL_OK);
	assert_int_equal(test_write(&w, 8, 1, CHANNEL_NOW, true), CHANNEL_OK);
	end(p.a);
	assert_int_equal(channel_writer_flush(&w), CHANNEL_MISUSE);
	channel_writer_room(&w, 8, CHANNEL_NOW, &room);
	assert_int_equal(channel_writer_commit(&w, 8), CHANNEL_MISUSE);
	channel_writer_close(&w);
	assert_int_equal(channel_writer_flush(&w), CHANNEL_OK);
	test_read(&r, 8, 0, CHANNEL_NOW);
	test_read_nothing(&r, CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p.b), CHANNEL_FINISHED);
	channel_reader_close(&r);
	channel_pair_free(&p);
}

static void what_a_writer_publishes_behind_the_end_is_misuse(void **state)
{
	(void)state;
	test_closed_under_a_writer(channel_finish);
	test_closed_under_a_writer(channel_close);
}

static void a_dead_writer_is_buried_where_it_was_and_not_where_lines_are_claimed(void **state)
{
	struct channel_pair p;
	struct channel_writer w;
	struct channel_reader r;

	(void)state;
	channel_pair_init(&p, 4096, UINT64_MAX - 2047);
	w = channel_writer_open(p.a);
	r = channel_reader_open(p.b);
	for (unsigned i = 0; i < 90; i++)
		assert_int_equal(test_write(&w, 12, i, CHANNEL_NOW, false), CHANNEL_OK);
	for (unsigned i = 0; i < 70; i++)
		test_read(&r, 12, i, CHANNEL_NOW);
	assert_int_equal(test_write(&w, 12, 90, CHANNEL_NOW, true), CHANNEL_OK);
	ring_sender_bury(&p.a->tx, CHANNEL_PEER_DIED);
	for (unsigned i = 70; i < 90; i++)
		test_read(&r, 12, i, CHANNEL_NOW);
	test_read_nothing(&r, CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p.b), CHANNEL_PEER_DIED);
	channel_pair_free(&p);
}

/* The endpoint has gone on meanwhile, by its other calls. */
static void a_reader_knows_nothing_of_what_came_behind_its_end(void **state)
{
	struct channel_pair *p = *state;
	struct channel_reader r = channel_reader_open(p->b);
	char got[8];
	size_t len;

	channel_send(p->a, "one", 4, CHANNEL_NOW);
	channel_send(p->a, "two", 4, CHANNEL_NOW);
	channel_send(p->a, "three", 6, CHANNEL_NOW);
	channel_reader_close(&r);
	assert_int_equal(channel_recv(p->b, got, sizeof(got), &len, CHANNEL_NOW), CHANNEL_OK);
	channel_reader_close(&r);
	assert_int_equal(channel_recv(p->b, got, sizeof(got), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_string_equal(got, "two");
	assert_int_equal(channel_reader_done(&r), CHANNEL_MISUSE);
}

/* Its end was opened for another connection, and it was still open. */
static void a_reader_of_rings_that_are_no_more_moves_nothing(void **state)
{
	struct channel_pair *p = *state;
	struct channel_reader r = channel_reader_open(p->b);

	for (unsigned i = 0; i < 3; i++) {
		channel_send(p->a, "gone", 5, CHANNEL_NOW);
		assert_int_equal(
			channel_reader_next(&r, CHANNEL_NOW, &(const void *){NULL}, &(size_t){0}),
			CHANNEL_OK);
		assert_int_equal(channel_reader_done(&r), CHANNEL_OK);
	}
	endpoint_renew(p->b);
	endpoint_join(p->b);
	channel_reader_close(&r);
	assert_int_equal(p->b->rx.cursor, 0);
	assert_int_equal(p->b->rx.claimed, 0);
}

/* What stands at the reader's place is what a hostile peer likes best. */
static void nothing_that_leaves_the_ring_is_ever_a_message(void **state)
{
	static const uint64_t headers[] = {
		UINT64_C(1) << 32 | UINT32_MAX,
		UINT64_C(1) << 32 | 4088,
		UINT64_C(1) << 32 | 2041,
		UINT64_C(2) << 32 | 8,
		UINT64_C(7) << 32,
		8,
		UINT64_MAX,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct channel_pair p;
		struct channel_reader r;

		channel_pair_init(&p, 4096, 0);
		channel_send(p.a, "12345678", 8, CHANNEL_NOW);
		r = channel_reader_open(p.b);
		assert_int_equal(
			channel_reader_next(&r, CHANNEL_NOW, &(const void *){NULL}, &(size_t){0}),
			CHANNEL_OK);
		channel_reader_done(&r);
		((uint64_t *)p.there.memory)[2] = headers[i];
		test_read_nothing(&r, CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p.b), CHANNEL_PROTOCOL);
		channel_pair_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_closed_peer_is_told_to_both),
		TEST(a_closed_reader_gets_nothing_more),
		TEST(a_second_writer_sends_nothing),
		cmocka_unit_test(what_a_writer_publishes_behind_the_end_is_misuse),
		cmocka_unit_test(
			a_dead_writer_is_buried_where_it_was_and_not_where_lines_are_claimed),
		TEST(a_reader_knows_nothing_of_what_came_behind_its_end),
		TEST(a_reader_of_rings_that_are_no_more_moves_nothing),
		cmocka_unit_test(nothing_that_leaves_the_ring_is_ever_a_message),
	};

	bell_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
