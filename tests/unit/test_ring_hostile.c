/* SPDX-License-Identifier: MIT */
/* Either side of a ring against a peer that writes anything, anywhere. */
#include "tests/unit/ring_pair.h"

/* The answer to one header word that stands where the receiver looks. */
static enum channel_reason test_ring_header(uint64_t start, uint64_t header)
{
	struct test_ring t;
	const void *msg;
	size_t len;

	test_ring_begin(&t, 256, start);
	memset(t.ring.memory, 0, 256); /* what follows a pad is empty */
	*ring_word(t.ring.memory, 256, start) = header;
	ring_peek(&t.r, &msg, &len);
	test_ring_end(&t);
	return t.r.reason;
}

static void headers_that_no_sender_writes_close_the_ring(void **state)
{
	const struct {
		uint64_t start, header;
		enum channel_reason reason;
	} cases[] = {
		{0, ring_header(RING_DATA, 120), CHANNEL_OPEN},
		{0, ring_header(RING_DATA, 121), CHANNEL_PROTOCOL},
		{0, ring_header(RING_DATA, UINT32_MAX), CHANNEL_PROTOCOL},
		{128, ring_header(RING_DATA, 120), CHANNEL_OPEN},
		{136, ring_header(RING_DATA, 112), CHANNEL_OPEN},
		{136, ring_header(RING_DATA, 113), CHANNEL_PROTOCOL},
		{248, ring_header(RING_DATA, 0), CHANNEL_OPEN},
		{248, ring_header(RING_DATA, 1), CHANNEL_PROTOCOL},
		{136, ring_header(RING_PAD, 0), CHANNEL_OPEN},
		{128, ring_header(RING_PAD, 0), CHANNEL_PROTOCOL},
		{0, ring_header(RING_PAD, 0), CHANNEL_PROTOCOL},
		{136, ring_header(RING_PAD, 1), CHANNEL_PROTOCOL},
		{0, ring_header(RING_FIN, CHANNEL_FINISHED), CHANNEL_FINISHED},
		{0, ring_header(RING_FIN, CHANNEL_PEER_DIED), CHANNEL_PEER_DIED},
		{0, ring_header(RING_FIN, CHANNEL_OPEN), CHANNEL_PROTOCOL},
		{0, ring_header(RING_FIN, CHANNEL_PROTOCOL), CHANNEL_PROTOCOL},
		{0, ring_header(RING_FIN, 77), CHANNEL_PROTOCOL},
		{0, 1, CHANNEL_PROTOCOL},
		{0, (uint64_t)4 << 32, CHANNEL_PROTOCOL},
		{0, ring_header(RING_DATA, 8) | UINT64_C(1) << 63, CHANNEL_PROTOCOL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(test_ring_header(cases[i].start, cases[i].header),
				 cases[i].reason);
}

/* Words that pass some of the checks, so that the later ones are reached too. */
static uint64_t test_hostile_word(uint64_t size)
{
	uint64_t kind = test_random() % 6, value = test_random();

	switch (test_random() % 4) {
	case 0:
		return value;
	case 1:
		return kind << 32 | (uint32_t)value;
	case 2:
		return kind << 32 | value % size;
	default:
		return kind << 32 | value % 5;
	}
}

static void test_hostile_scribble(struct test_ring *t)
{
	uint64_t *words = t->ring.memory;

	if (test_random() % 2)
		*ring_word(t->ring.memory, t->ring.size, t->r.cursor) =
			test_hostile_word(t->ring.size);
	for (uint64_t n = test_random() % 8; n; n--)
		words[test_random() % (t->ring.size / 8)] = test_hostile_word(t->ring.size);
	if (test_random() % 64 == 0)
		t->ring.control->flag.receiver = (uint32_t)test_hostile_word(32);
}

static void test_hostile_receive(struct test_ring *t, uint64_t size)
{
	uintptr_t base;
	const void *msg;
	size_t len;

	test_ring_begin(t, size, test_random() / 8 * 8);
	base = (uintptr_t)t->ring.memory;
	for (unsigned i = 0; i < 64 && !t->r.reason; i++) {
		test_hostile_scribble(t);
		if (ring_peek(&t->r, &msg, &len) != CHANNEL_OK)
			continue;
		assert_in_range(len, 0, ring_max(size));
		assert_in_range((uintptr_t)msg, base, base + size - len);
		if (ring_release(&t->r))
			ring_ack(&t->r);
	}
	test_ring_end(t);
}

static void no_header_leads_the_receiver_out_of_the_ring(void **state)
{
	struct test_ring t;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		test_hostile_receive(&t, UINT64_C(32) << test_random() % 6);
}

static void positions_that_no_receiver_writes_close_the_ring(void **state)
{
	struct test_ring t;
	void *room;

	(void)state;
	for (uint64_t acked = -UINT64_C(512); acked != 512; acked++) {
		bool good = acked >= 64 && acked <= 192 && acked % 8 == 0;

		test_ring_begin(&t, 256, 64);
		assert_int_equal(test_ring_send(&t, 120, 0), CHANNEL_OK);
		t.ring.control->acked = acked;
		/* Does not fit before an answer of the receiver is asked for. */
		ring_reserve(&t.s, 120, &room);
		assert_int_equal(t.s.reason, good ? CHANNEL_OPEN : CHANNEL_PROTOCOL);
		test_ring_end(&t);
	}
}

static uint64_t test_hostile_acked(const struct test_ring *t)
{
	switch (test_random() % 8) {
	case 0:
		return test_random();
	case 1:
		return t->s.cursor + test_random() % 16;
	default:
		return t->s.cursor - test_random() % (t->ring.size / 8 + 1) * 8;
	}
}

static void no_position_leads_the_sender_out_of_the_ring(void **state)
{
	struct test_ring t;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t size = UINT64_C(32) << test_random() % 6;

		test_ring_begin(&t, size, test_random() / 8 * 8);
		for (unsigned j = 0; j < 64 && !t.s.reason; j++) {
			t.ring.control->acked = test_hostile_acked(&t);
			if (test_random() % 64 == 0)
				t.ring.control->flag.receiver = (uint32_t)test_random();
			/* Asserts that the room is inside. */
			test_ring_send(&t, test_random() % (ring_max(size) + 1), j);
			assert_in_range(t.s.limit - t.s.cursor, 0, size - 8);
		}
		test_ring_end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_that_no_sender_writes_close_the_ring),
		cmocka_unit_test(no_header_leads_the_receiver_out_of_the_ring),
		cmocka_unit_test(positions_that_no_receiver_writes_close_the_ring),
		cmocka_unit_test(no_position_leads_the_sender_out_of_the_ring),
	};

	bell_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
