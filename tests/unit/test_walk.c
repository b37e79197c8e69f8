/* SPDX-License-Identifier: MIT */
/*
 * Every state that two ends of a tiny ring can reach by the calls of channel.h
 * and channel_stream.h, in every order, each compared with a list of messages
 * (ring_walk.h, ring_step.h): from every place, and with positions that pass 2^32 and 2^64.
 */
#include "tests/unit/ring_step.h"

#define WALK_SEEN (1U << 22)

/* States seen, by number: open addressing. */
static uint64_t walk_seen[WALK_SEEN];
static unsigned walk_seen_count;

/* States to go on from, the next one last. */
static struct walk_state *walk_open;
static size_t walk_open_count, walk_open_room;

static bool walk_is_new(uint64_t hash)
{
	size_t at = hash % WALK_SEEN;

	hash = hash ? hash : 1;
	while (walk_seen[at]) {
		if (walk_seen[at] == hash)
			return false;
		at = (at + 1) % WALK_SEEN;
	}
	walk_seen[at] = hash;
	walk_seen_count++;
	assert_true(walk_seen_count < WALK_SEEN / 2);
	return true;
}

static void walk_push(const struct walk *w)
{
	if (!walk_is_new(walk_hash(w)))
		return;
	if (walk_open_count == walk_open_room) {
		size_t room = walk_open_room ? 2 * walk_open_room : 1024;
		struct walk_state *grown = realloc(walk_open, room * sizeof(*grown));

		assert_non_null(grown);
		walk_open = grown;
		walk_open_room = room;
	}
	walk_save(w, &walk_open[walk_open_count++]);
}

static bool (*const walk_copied[])(struct walk *, size_t) = {
	step_send,   step_send_less, step_send_parts, step_send_quietly, step_flush,
	step_finish, step_peek,      step_release,    step_refuse,
};

static bool (*const walk_streamed[])(struct walk *, size_t) = {
	step_writer_open,  step_writer_close, step_writer_commit, step_writer_add,
	step_writer_flush, step_send,         step_finish,        step_reader_open,
	step_reader_close, step_reader_next,  step_reader_done,   step_peek,
	step_release,      step_refuse,
};

static void walk_from(struct walk *w, bool (*const *steps)(struct walk *, size_t), size_t count,
		      const size_t *lens)
{
	struct walk_state here = walk_open[--walk_open_count];

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; !j || lens[j]; j++) {
			walk_restore(w, &here);
			if (steps[i](w, lens[j]))
				walk_push(w);
		}
}

/* All there is from one start. Returns how many states that were. */
static unsigned walk_through(uint64_t size, uint64_t start,
			     bool (*const *steps)(struct walk *, size_t), size_t count,
			     const size_t *lens)
{
	struct walk w;

	memset(walk_seen, 0, sizeof(walk_seen));
	walk_seen_count = 0;
	walk_begin(&w, size, start);
	walk_push(&w);
	while (walk_open_count)
		walk_from(&w, steps, count, lens);
	walk_end(&w);
	return walk_seen_count;
}

/* Two laps before what is to be passed. */
static const uint64_t walk_ends[] = {0, UINT64_C(1) << 32};

static void walk_all(bool (*const *steps)(struct walk *, size_t), size_t count, unsigned least)
{
	/* The lengths begin with 0, and end with the next one. */
	static const size_t lens[2][6] = {{0, 1, 8}, {0, 7, 9, 24}};

	for (size_t i = 0; i < sizeof(walk_ends) / sizeof(walk_ends[0]); i++)
		for (unsigned order = 0; order < 2; order++) {
			uint64_t size = UINT64_C(32) << order;
			unsigned n = walk_through(size, walk_ends[i] - 2 * size, steps, count,
						  lens[order]);

			printf("# %u states of a ring of %llu\n", n, (unsigned long long)size);
			assert_true(n > least);
		}
}

static void every_state_of_the_plain_calls_is_that_of_a_list(void **state)
{
	(void)state;
	walk_all(walk_copied, sizeof(walk_copied) / sizeof(walk_copied[0]), 1000);
}

static void every_state_of_streams_is_that_of_a_list(void **state)
{
	(void)state;
	walk_all(walk_streamed, sizeof(walk_streamed) / sizeof(walk_streamed[0]), 5000);
}

/* Lengths of all kinds, the same some times in a row. */
static size_t walk_chance_length(uint64_t size)
{
	static size_t len;

	switch (test_random() % 8) {
	case 0:
		len = test_random() % (ring_max(size) + 1);
		break;
	case 1:
		len = test_random() % 33;
		break;
	case 2:
		len = 8 * (test_random() % 16) % (ring_max(size) + 1);
		break;
	default:
		break;
	}
	return len <= ring_max(size) ? len : 0;
}

/* A side that goes on for a while before the other one has its turn. */
static bool (*walk_chance_step(unsigned *rest, unsigned *side))(struct walk *, size_t)
{
	static bool (*const of[2][8])(struct walk *, size_t) = {
		{step_writer_open, step_writer_close, step_writer_commit, step_writer_commit,
		 step_writer_add, step_writer_add, step_writer_flush, step_send},
		{step_reader_open, step_reader_close, step_reader_next, step_reader_next,
		 step_reader_done, step_reader_done, step_peek, step_release},
	};

	if (!*rest) {
		*rest = (unsigned)(test_random() % 40);
		*side = !*side;
	} else {
		--*rest;
	}
	return of[*side][test_random() % 8];
}

static void chance_leads_a_larger_ring_nowhere_else(void **state)
{
	(void)state;
	for (uint64_t size = 128; size <= WALK_SIZE_MAX; size *= 2) {
		struct walk w;
		unsigned rest = 0, side = 0;

		walk_begin(&w, size, 0 - 4 * size);
		for (unsigned i = 0; i < 400000; i++) {
			bool (*step)(struct walk *, size_t) = walk_chance_step(&rest, &side);

			if (!step(&w, walk_chance_length(size)))
				step(&w, 0);
		}
		assert_true(w.pair.b->rx.received > 1000);
		walk_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_of_the_plain_calls_is_that_of_a_list),
		cmocka_unit_test(every_state_of_streams_is_that_of_a_list),
		cmocka_unit_test(chance_leads_a_larger_ring_nowhere_else),
	};
	int failed;

	bell_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(walk_open);
	return failed;
}
