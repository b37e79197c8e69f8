/* SPDX-License-Identifier: MIT */
/* Channels whose components end and begin again, while threads wait at them. */
#include <pthread.h>
#include <time.h>

#include "tests/unit/life_case.h"
#include "tests/unit/random.h"

#define TEST_LIVES 2000

struct test_waiter {
	pthread_t id;
	struct channel *ch;
	bool sends;
	enum channel_status status;
};

static void *test_wait(void *arg)
{
	struct test_waiter *w = arg;

	w->status = w->sends ? channel_send(w->ch, "x", 2, CHANNEL_FOREVER)
			     : test_recv(w->ch, CHANNEL_FOREVER);
	return NULL;
}

/* A sender and a receiver, both asleep at an end that connects. */
static void test_waiters(struct test_waiter *w, struct channel *ch)
{
	struct channel_stats stats = {0};

	for (unsigned i = 0; i < 2; i++) {
		w[i] = (struct test_waiter){.ch = ch, .sends = i};
		assert_int_equal(pthread_create(&w[i].id, NULL, test_wait, &w[i]), 0);
	}
	while (stats.parks < 2)
		channel_stats(ch, &stats);
}

static void assert_waiters(struct test_waiter *w, enum channel_status status)
{
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(w[i].id, NULL), 0);
		assert_int_equal(w[i].status, status);
	}
}

static void who_waits_for_its_connection_is_woken(void **state)
{
	struct test_pair *p = *state;
	struct test_waiter w[2];

	channel_table_end(A, true);
	channel_table_begin(A);
	test_waiters(w, test_open(A, "pair"));
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_int_equal(test_send(p->b, "hello"), CHANNEL_OK);
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_OK);
	assert_waiters(w, CHANNEL_OK);
}

static void who_waits_for_its_connection_can_be_asked_to_stop(void **state)
{
	struct test_waiter w[2];

	(void)state;
	channel_table_end(A, true);
	channel_table_begin(A);
	test_waiters(w, test_open(A, "pair"));
	channel_table_stop(B);
	channel_table_stop(A);
	assert_waiters(w, CHANNEL_STOPPING);
	channel_table_end(A, true);
	channel_table_begin(A);
	assert_int_equal(test_recv(test_open(A, "pair"), 1), CHANNEL_AGAIN);
}

struct test_life {
	pthread_t id;
	uint64_t random;
	uint64_t told; /* connections whose end it saw */
};

static bool test_chance(struct test_life *l, unsigned in)
{
	return random_below(&l->random, in) == 0;
}

/* Numbers that only go up within one connection. */
static enum channel_status test_step(struct test_life *l, struct channel *ch, uint64_t *seen,
				     uint64_t *sent)
{
	uint64_t deadline = test_chance(l, 3) ? CHANNEL_FOREVER : CHANNEL_NOW, number = 0;
	enum channel_status status;
	size_t len;

	if (test_chance(l, 2)) {
		status = channel_send(ch, sent, sizeof(*sent), CHANNEL_NOW);
		*sent += status == CHANNEL_OK;
		return status;
	}
	status = channel_recv(ch, &number, sizeof(number), &len, deadline);
	if (status == CHANNEL_OK && (len != sizeof(number) || number != (*seen)++))
		fail_msg("message %llu out of turn", (unsigned long long)number);
	return status;
}

static void test_mortal_life(struct test_life *l)
{
	uint64_t seen = 0, sent = 0;
	struct channel *ch = test_open(A, "pair");

	while (!test_chance(l, 50)) {
		enum channel_status status = test_step(l, ch, &seen, &sent);

		if (status == CHANNEL_CLOSED || status == CHANNEL_STOPPING)
			break;
	}
}

static void *test_mortal(void *arg)
{
	test_mortal_life(arg);
	return NULL;
}

/* Lives in threads of their own, one behind the other, with the survivor told each time. */
static void *test_supervise(void *arg)
{
	struct test_life mine = {.random = 3}, *l = arg;
	pthread_t id;

	for (unsigned i = 0; i < TEST_LIVES; i++) {
		channel_table_begin(A);
		assert_int_equal(pthread_create(&id, NULL, test_mortal, l), 0);
		/* A life that waits where nobody sends is asked to stop, as any is in the end. */
		if (test_chance(&mine, 4))
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
		channel_table_stop(A);
		pthread_join(id, NULL);
		if (i == TEST_LIVES - 1)
			__atomic_store_n(&test_gone, A, __ATOMIC_RELAXED);
		channel_table_end(A, i % 2);
	}
	return NULL;
}

static void *test_survive(void *arg)
{
	struct test_life *l = arg;
	struct channel *ch = test_open(B, "pair");

	while (ch) {
		uint64_t seen = 0, sent = 0;
		enum channel_status status;

		do
			status = test_step(l, ch, &seen, &sent);
		while (status != CHANNEL_CLOSED);
		l->told++;
		ch = test_open(B, "pair");
	}
	return NULL;
}

static void thousands_of_lives_pass_and_the_survivor_is_told_of_each_connection(void **state)
{
	struct test_life mortal = {.random = 1}, survivor = {.random = 2};

	(void)state;
	assert_int_equal(pthread_create(&mortal.id, NULL, test_supervise, &mortal), 0);
	assert_int_equal(pthread_create(&survivor.id, NULL, test_survive, &survivor), 0);
	/* Ends when the survivor was told of the last one and then refused. */
	assert_int_equal(pthread_join(mortal.id, NULL), 0);
	assert_int_equal(pthread_join(survivor.id, NULL), 0);
	assert_in_range(survivor.told, TEST_LIVES / 20, TEST_LIVES + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_waits_for_its_connection_is_woken),
		TEST(who_waits_for_its_connection_can_be_asked_to_stop),
		TEST(thousands_of_lives_pass_and_the_survivor_is_told_of_each_connection),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
