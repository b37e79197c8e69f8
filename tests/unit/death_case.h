/* SPDX-License-Identifier: MIT */
/*
 * A component that is ended in the middle of a channel call: at each of its
 * instructions in turn, by the processor's trap flag. Whatever it was doing, its
 * peer gets all that was sent, nothing twice, and is told; and the two can
 * connect again.
 */
#ifndef TESTS_UNIT_DEATH_CASE_H
#define TESTS_UNIT_DEATH_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/trap.h"

#define MORTAL 0
#define SURVIVOR 1
#define RING 4096
#define BATCH 2

static const struct image_channel test_channels[] = {{"pair", MORTAL, SURVIVOR, RING}};
static const struct image test_image = {
	.name = "test",
	.component_count = 2,
	.channel_count = 1,
	.channels = test_channels,
};

static struct {
	volatile unsigned done; /* calls that returned */
	struct channel *mortal, *survivor;
} test;

/* Whether it was ended before it was done with life. */
static inline bool test_ends(void (*life)(void), unsigned long instructions)
{
	test.done = 0;
	return trap_ends(life, &instructions);
}

/* Long enough for a pad now and then. */
static inline size_t test_length(unsigned long seq)
{
	return 200 + seq % 7 * 8;
}

static inline void test_send(struct channel *ch, unsigned long seq)
{
	char buf[256];

	buf[0] = buf[test_length(seq) - 1] = (char)seq;
	assert_int_equal(channel_send(ch, buf, test_length(seq), CHANNEL_NOW), CHANNEL_OK);
}

static inline void life_send_one(unsigned i)
{
	static char messages[BATCH][256];

	messages[i][0] = messages[i][test_length(i) - 1] = (char)i;
	if (channel_send(test.mortal, messages[i], test_length(i), CHANNEL_NOW) == CHANNEL_OK)
		test.done++;
}

static inline void life_send(void)
{
	for (unsigned i = 0; i < BATCH; i++)
		life_send_one(i);
}

static inline enum channel_status test_recv(struct channel *ch, unsigned long seq,
					    uint64_t deadline)
{
	char buf[256];
	size_t len;
	enum channel_status status = channel_recv(ch, buf, sizeof(buf), &len, deadline);

	if (status != CHANNEL_OK)
		return status;
	assert_int_equal(len, test_length(seq));
	assert_int_equal(buf[0], (char)seq);
	assert_int_equal(buf[len - 1], (char)seq);
	return CHANNEL_OK;
}

/* A new connection, with both cursors somewhere else each time. */
static inline void test_connect(unsigned long turn)
{
	channel_table_begin(MORTAL);
	test.survivor = test_open(SURVIVOR, "pair");
	test.mortal = test_open(MORTAL, "pair");
	assert_non_null(test.survivor);
	assert_non_null(test.mortal);
	for (unsigned long i = 0; i < turn % 18; i++) {
		test_send(test.mortal, i);
		assert_int_equal(test_recv(test.survivor, i, CHANNEL_NOW), CHANNEL_OK);
		test_send(test.survivor, i);
		assert_int_equal(test_recv(test.mortal, i, CHANNEL_NOW), CHANNEL_OK);
	}
}

/* What the dead one sent, each message once; then the survivor is told, both ways. */
static inline unsigned test_drain(void)
{
	enum channel_status status;
	unsigned n = 0;

	while ((status = test_recv(test.survivor, n, CHANNEL_NOW)) == CHANNEL_OK)
		n++;
	assert_int_equal(status, CHANNEL_CLOSED);
	return n;
}

static inline void assert_told(unsigned least, unsigned most)
{
	unsigned n = test_drain();

	assert_in_range(n, least, most);
	assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(channel_recv(test.survivor, &n, 0, &(size_t){0}, CHANNEL_NOW),
			 CHANNEL_CLOSED);
}

/* Says when a receiver of the survivor sleeps. */
static inline const uint32_t *test_receiver_flag(void)
{
	return &test.survivor->rx_ring.control->flag.receiver;
}

static inline void *test_sleeps_for_message(void *status)
{
	*(enum channel_status *)status = test_recv(test.survivor, 0, CHANNEL_FOREVER);
	return NULL;
}

/* A thread of the survivor, once it has said that it is about to sleep. */
static inline pthread_t test_sleeper(void *(*run)(void *), const uint32_t *flag, void *status)
{
	pthread_t id;

	assert_int_equal(pthread_create(&id, NULL, run, status), 0);
	while (!(__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED))
		sched_yield();
	return id;
}

/*
 * Whether it was ended before it was done with life, while a thread of the survivor was
 * asleep; that has ended, too, and said what came of it.
 */
static inline bool test_ends_beside(void *(*sleeps)(void *), const uint32_t *flag, void *said,
				    void (*life)(void), unsigned long instructions)
{
	pthread_t id = test_sleeper(sleeps, flag, said);
	bool ended = test_ends(life, instructions);

	channel_table_end(MORTAL, true);
	pthread_join(id, NULL);
	return ended;
}

/* The life of turn n ends behind its nth instruction; false: it was done, and all are tested. */
struct death_test {
	bool (*turn)(unsigned long n);
	unsigned long least; /* turns */
};

static inline void death_run(void **state)
{
	const struct death_test *t = *state;
	unsigned long n = 0;

	while (t->turn(n++))
		;
	assert_in_range(n, t->least, UINT64_MAX);
}

/* The turn's name says what is tested. */
#define TEST(turn, least)                                                                          \
	{                                                                                          \
		.name = #turn, .test_func = death_run,                                             \
		.initial_state = &(struct death_test){turn, least},                                \
	}

static inline int death_setup(void **state)
{
	(void)state;
	if (trap_setup() || channel_table_create(&test_image))
		return -1;
	/* So that a life can begin. */
	channel_table_end(MORTAL, true);
	return channel_recv(test_open(SURVIVOR, "pair"), NULL, 0, &(size_t){0}, CHANNEL_NOW) !=
	       CHANNEL_CLOSED;
}

#endif
