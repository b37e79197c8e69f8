/* SPDX-License-Identifier: MIT */
/*
 * The ring's arithmetic, exhaustively for small sizes. Rings here are smaller
 * than a channel may have, and their blocks are exactly as long, for a
 * sanitizer to watch.
 */
#include "tests/unit/ring_pair.h"

#define TEST_LENGTHS_MAX 4096

/* A ring whose sender stands used bytes before what the receiver has handed back. */
static void test_ring_place(struct test_ring *t, uint64_t acked, uint64_t used)
{
	uint64_t cursor = acked + used;

	memset(t->ring.memory, 0xee, t->ring.size);
	ring_init(&t->ring, cursor);
	ring_sender_init(&t->s, &t->ring, acked);
	ring_receiver_init(&t->r, &t->ring, cursor);
	t->ring.control->acked = acked;
	t->s.cursor = cursor;
	t->r.acked = acked;
}

/* What belongs to the receiver, from acked to the cursor, is as it was. */
static void test_ring_untouched(const struct test_ring *t, uint64_t acked, uint64_t used)
{
	const unsigned char *memory = t->ring.memory;

	for (uint64_t i = 0; i < used; i++)
		if (memory[(acked + i) & (t->ring.size - 1)] != 0xee)
			fail_msg("the sender wrote where the receiver still reads");
}

static void test_ring_one(struct test_ring *t, uint64_t acked, uint64_t used, size_t len)
{
	uint64_t size = t->ring.size, index = (acked + used) & (size - 1);
	uint64_t record = 8 + (len + 7) / 8 * 8;
	uint64_t need = index + record > size ? size - index + record : record;
	bool fits = used + need + 8 <= size;

	test_ring_place(t, acked, used);
	assert_int_equal(test_ring_send(t, len, used), fits ? CHANNEL_OK : CHANNEL_AGAIN);
	test_ring_untouched(t, acked, used);
	if (fits)
		test_ring_recv(t, len, used);
	test_ring_drained(t);
	assert_int_equal(t->r.cursor - acked, fits ? used + need : used);
}

static void test_ring_all_places(uint64_t size)
{
	struct test_ring t;

	test_ring_begin(&t, size, 0);
	/* Two laps before the wrap of the positions to one behind it. */
	for (uint64_t acked = -2 * size; acked != size; acked += 8)
		for (uint64_t used = 0; used <= size - 8; used += 8)
			for (size_t len = 0; len <= ring_max(size); len++)
				test_ring_one(&t, acked, used, len);
	test_ring_end(&t);
}

static void every_message_from_every_place_is_whole_or_refused(void **state)
{
	(void)state;
	for (uint64_t size = 32; size <= 256; size *= 2)
		test_ring_all_places(size);
}

static void more_than_the_largest_message_is_too_big(void **state)
{
	struct test_ring t;
	void *room;

	(void)state;
	test_ring_begin(&t, 4096, 0);
	assert_int_equal(ring_max(4096), 2040);
	assert_int_equal(ring_reserve(&t.s, 2040, &room), CHANNEL_OK);
	assert_int_equal(ring_reserve(&t.s, 2041, &room), CHANNEL_TOO_BIG);
	assert_int_equal(ring_reserve(&t.s, SIZE_MAX, &room), CHANNEL_TOO_BIG);
	assert_int_equal(ring_reserve(&t.s, SIZE_MAX - 15, &room), CHANNEL_TOO_BIG);
	test_ring_end(&t);
}

static void the_largest_message_passes_from_every_place_of_an_empty_ring(void **state)
{
	struct test_ring t;

	(void)state;
	for (uint64_t start = -UINT64_C(4096); start != 4096; start += 8) {
		test_ring_begin(&t, 4096, start);
		for (unsigned i = 0; i < 5; i++) {
			assert_int_equal(test_ring_send(&t, 2040, i), CHANNEL_OK);
			test_ring_recv(&t, 2040, i);
			test_ring_drained(&t);
			ring_ack(&t.r);
		}
		test_ring_end(&t);
	}
}

/* Three lengths in a row, received as late as possible, then everything again. */
static void test_ring_triple(struct test_ring *t, const size_t *lens)
{
	unsigned sent = 0, received = 0;

	while (received < 6) {
		if (sent < 6 && test_ring_send(t, lens[sent % 3], sent) == CHANNEL_OK) {
			sent++;
			continue;
		}
		assert_true(received < sent);
		test_ring_recv(t, lens[received % 3], received);
		received++;
		ring_ack(&t->r);
	}
	test_ring_drained(t);
}

static void every_three_lengths_keep_order_across_the_end(void **state)
{
	struct test_ring t;
	size_t lens[3];

	(void)state;
	test_ring_begin(&t, 64, -UINT64_C(1024));
	for (lens[0] = 0; lens[0] <= 24; lens[0]++)
		for (lens[1] = 0; lens[1] <= 24; lens[1]++)
			for (lens[2] = 0; lens[2] <= 24; lens[2]++)
				test_ring_triple(&t, lens);
	test_ring_end(&t);
}

static void a_random_stream_arrives_whole_and_in_order(void **state)
{
	static size_t lens[TEST_LENGTHS_MAX];
	struct test_ring t;
	uint64_t sent = 0, received = 0;

	(void)state;
	test_ring_begin(&t, 1024, -UINT64_C(100000) / 8 * 8);
	while (received < 200000) {
		size_t *len = &lens[sent % TEST_LENGTHS_MAX];

		for (uint64_t n = test_random() % 20; n; n--) {
			*len = test_random() % (test_random() % ring_max(1024) + 2);
			if (test_ring_send(&t, *len, sent) != CHANNEL_OK)
				break;
			len = &lens[++sent % TEST_LENGTHS_MAX];
		}
		for (uint64_t n = test_random() % 20; n && received < sent; n--, received++)
			test_ring_recv(&t, lens[received % TEST_LENGTHS_MAX], received);
		if (received == sent)
			ring_ack(&t.r);
	}
	test_ring_end(&t);
}

static void what_is_committed_may_be_shorter_than_what_is_reserved(void **state)
{
	struct test_ring t;
	void *room;

	(void)state;
	test_ring_begin(&t, 256, 0);
	for (size_t reserved = 0; reserved <= ring_max(256); reserved++)
		for (size_t len = 0; len <= reserved; len++) {
			assert_int_equal(ring_reserve(&t.s, reserved, &room), CHANNEL_OK);
			test_fill(room, reserved, len);
			ring_commit(&t.s, len);
			test_ring_recv(&t, len, len);
			test_ring_drained(&t);
			ring_ack(&t.r);
		}
	test_ring_end(&t);
}

static void the_closing_record_fits_behind_every_fill(void **state)
{
	struct test_ring t;
	const void *msg;
	size_t len;

	(void)state;
	for (size_t size = 32; size <= 256; size *= 2)
		for (uint64_t start = -size; start != size; start += 8)
			for (len = 0; len <= ring_max(size); len += 8) {
				unsigned sent = 0;

				test_ring_begin(&t, size, start);
				while (test_ring_send(&t, len, sent) == CHANNEL_OK)
					sent++;
				ring_finish(&t.s, CHANNEL_FINISHED);
				for (unsigned i = 0; i < sent; i++)
					test_ring_recv(&t, len, i);
				assert_int_equal(ring_peek(&t.r, &msg, &(size_t){0}),
						 CHANNEL_CLOSED);
				assert_int_equal(t.r.reason, CHANNEL_FINISHED);
				test_ring_end(&t);
			}
}

static void the_reason_of_the_closing_record_arrives(void **state)
{
	struct test_ring t;
	const void *msg;
	size_t len;
	void *room;

	(void)state;
	test_ring_begin(&t, 64, 56);
	ring_finish(&t.s, CHANNEL_PEER_DIED);
	assert_int_equal(ring_reserve(&t.s, 0, &room), CHANNEL_CLOSED);
	assert_int_equal(t.s.reason, CHANNEL_PEER_DIED);
	assert_int_equal(ring_peek(&t.r, &msg, &len), CHANNEL_CLOSED);
	assert_int_equal(ring_peek(&t.r, &msg, &len), CHANNEL_CLOSED);
	assert_int_equal(t.r.reason, CHANNEL_PEER_DIED);
	test_ring_end(&t);
}

static void peeking_again_gives_the_same_message_without_reading_its_header(void **state)
{
	struct test_ring t;
	const void *first, *again;
	size_t len;

	(void)state;
	test_ring_begin(&t, 64, 0);
	assert_int_equal(test_ring_send(&t, 5, 1), CHANNEL_OK);
	assert_int_equal(ring_peek(&t.r, &first, &len), CHANNEL_OK);
	*ring_word(t.ring.memory, 64, 0) = UINT64_MAX;
	assert_int_equal(ring_peek(&t.r, &again, &len), CHANNEL_OK);
	assert_ptr_equal(first, again);
	assert_int_equal(len, 5);
	test_ring_end(&t);
}

static void room_is_handed_back_in_portions(void **state)
{
	struct test_ring t;
	const void *msg;
	size_t len;

	(void)state;
	test_ring_begin(&t, 4096, 0);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(test_ring_send(&t, 8, i), CHANNEL_OK);
	for (unsigned i = 1; i <= 40; i++) {
		assert_int_equal(ring_peek(&t.r, &msg, &len), CHANNEL_OK);
		assert_int_equal(ring_release(&t.r), i * 16 >= 4096 / RING_ACK_SHARE);
	}
	assert_int_equal(t.ring.control->acked, 0);
	ring_ack(&t.r);
	assert_int_equal(t.ring.control->acked, 40 * 16);
	test_ring_end(&t);
}

/* Whatever is claimed, and wherever, is as it was. */
static void claiming_lines_changes_nothing_in_them(void **state)
{
	struct test_ring t;
	const void *msg;
	size_t len;

	(void)state;
	for (uint64_t start = 0; start < 128; start += 8) {
		unsigned char before[4096];

		test_ring_begin(&t, 4096, start - 1024);
		for (unsigned i = 0; i < 60; i++)
			assert_int_equal(test_ring_send(&t, 40, i), CHANNEL_OK);
		memcpy(before, t.ring.memory, sizeof(before));
		for (unsigned i = 0; i < 60; i++) {
			assert_int_equal(ring_peek(&t.r, &msg, &len), CHANNEL_OK);
			ring_release(&t.r);
			assert_in_range(t.r.cursor - t.r.claimed, 0, RING_CLAIM + 48);
		}
		ring_claim(&t.r);
		assert_in_range(t.r.cursor - t.r.claimed, 0, RING_LINE - 1);
		assert_memory_equal(t.ring.memory, before, sizeof(before));
		test_ring_end(&t);
	}
}

/* A small ring with one message, closed behind it by the flag. */
static void test_ring_flagged(struct test_ring *t)
{
	test_ring_begin(t, 64, 0);
	assert_int_equal(test_ring_send(t, 3, 9), CHANNEL_OK);
	ring_mark_closed(t->ring.control, CHANNEL_PROTOCOL);
}

static void a_closed_flag_ends_the_receiver_behind_what_was_sent(void **state)
{
	struct test_ring t;
	const void *msg;
	size_t len;

	(void)state;
	test_ring_flagged(&t);
	test_ring_recv(&t, 3, 9);
	assert_int_equal(ring_peek(&t.r, &msg, &len), CHANNEL_CLOSED);
	assert_int_equal(t.r.reason, CHANNEL_PROTOCOL);
	test_ring_end(&t);
}

static void a_message_sent_just_before_the_closed_flag_is_still_read(void **state)
{
	struct test_ring t;
	const void *msg;
	size_t len;

	(void)state;
	/* The receiver has loaded an empty header, then both happen. */
	test_ring_flagged(&t);
	assert_int_equal(ring_peek_slow(&t.r, 0, &msg, &len), CHANNEL_AGAIN);
	test_ring_recv(&t, 3, 9);
	test_ring_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_from_every_place_is_whole_or_refused),
		cmocka_unit_test(more_than_the_largest_message_is_too_big),
		cmocka_unit_test(the_largest_message_passes_from_every_place_of_an_empty_ring),
		cmocka_unit_test(every_three_lengths_keep_order_across_the_end),
		cmocka_unit_test(a_random_stream_arrives_whole_and_in_order),
		cmocka_unit_test(what_is_committed_may_be_shorter_than_what_is_reserved),
		cmocka_unit_test(the_closing_record_fits_behind_every_fill),
		cmocka_unit_test(the_reason_of_the_closing_record_arrives),
		cmocka_unit_test(peeking_again_gives_the_same_message_without_reading_its_header),
		cmocka_unit_test(room_is_handed_back_in_portions),
		cmocka_unit_test(claiming_lines_changes_nothing_in_them),
		cmocka_unit_test(a_closed_flag_ends_the_receiver_behind_what_was_sent),
		cmocka_unit_test(a_message_sent_just_before_the_closed_flag_is_still_read),
	};

	bell_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
