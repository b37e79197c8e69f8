/* SPDX-License-Identifier: MIT */
/* Channels whose components end and begin again: new connections, and none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "tests/unit/component_made_up.h"

#define TEST_LIVES 2000

enum { A, B, GOES, STAYS, COMPONENTS };

static const struct image_channel test_channels[] = {
	{"pair", A, B, 4096},
	{"last", GOES, STAYS, 4096},
};

static const struct image test_image = {
	.name = "test",
	.component_count = COMPONENTS,
	.channel_count = 2,
	.channels = test_channels,
};

static enum channel_status test_send(struct channel *ch, const char *text)
{
	return channel_send(ch, text, strlen(text) + 1, CHANNEL_NOW);
}

static enum channel_status test_recv(struct channel *ch, uint64_t deadline)
{
	char buf[64];
	size_t len;

	return channel_recv(ch, buf, sizeof(buf), &len, deadline);
}

static void assert_recv(struct channel *ch, const char *text)
{
	char buf[64];
	size_t len;

	assert_int_equal(channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW), CHANNEL_OK);
	assert_string_equal(buf, text);
}

static void assert_passes(struct channel *a, struct channel *b)
{
	assert_int_equal(test_send(a, "there"), CHANNEL_OK);
	assert_int_equal(test_send(b, "back"), CHANNEL_OK);
	assert_recv(b, "there");
	assert_recv(a, "back");
	assert_int_equal(channel_reason(a), CHANNEL_OPEN);
	assert_int_equal(channel_reason(b), CHANNEL_OPEN);
}

struct test_pair {
	struct channel *a, *b;
};

/* Whatever the test before left behind: both ends begin a life. */
static int test_setup(void **state)
{
	static struct test_pair pair;

	channel_table_end(A, true);
	channel_table_end(B, true);
	channel_table_begin(A);
	channel_table_begin(B);
	pair.a = test_open(A, "pair");
	pair.b = test_open(B, "pair");
	*state = &pair;
	return !pair.a || !pair.b;
}

static void both_may_end_and_begin_again(void **state)
{
	struct test_pair *p = *state;

	assert_passes(p->a, p->b);
	channel_table_end(B, true);
	channel_table_end(A, true);
	channel_table_begin(A);
	channel_table_begin(B);
	assert_passes(test_open(A, "pair"), test_open(B, "pair"));
}

static void what_the_survivor_sends_first_waits_for_the_next_life(void **state)
{
	struct test_pair *p = *state;

	assert_int_equal(test_send(p->b, "lost"), CHANNEL_OK);
	channel_table_end(A, true);
	assert_int_equal(test_recv(p->b, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
	assert_ptr_equal(test_open(B, "pair"), p->b);
	assert_int_equal(channel_reason(p->b), CHANNEL_OPEN);
	assert_int_equal(test_send(p->b, "kept"), CHANNEL_OK);
	channel_table_begin(A);
	assert_ptr_equal(test_open(A, "pair"), p->a);
	assert_recv(p->a, "kept");
	assert_passes(p->a, p->b);
}

static void a_new_life_waits_until_the_survivor_has_let_go(void **state)
{
	struct test_pair *p = *state;

	assert_int_equal(test_send(p->a, "before"), CHANNEL_OK);
	channel_table_end(A, false);
	channel_table_begin(A);
	p->a = test_open(A, "pair");
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	assert_int_equal(test_send(p->a, "x"), CHANNEL_AGAIN);
	assert_int_equal(test_recv(p->a, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_max(p->a), 2040);
	/* Not told yet, so opening changes nothing. */
	assert_ptr_equal(test_open(B, "pair"), p->b);
	assert_recv(p->b, "before");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	assert_ptr_equal(test_open(B, "pair"), p->b);
	assert_passes(p->a, p->b);
}

static void being_refused_is_being_told(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	channel_table_begin(A);
	channel_finish(p->b);
	test_open(B, "pair");
	assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_passes(test_open(A, "pair"), p->b);
	channel_table_end(A, true);
	assert_int_equal(test_send(p->b, "x"), CHANNEL_CLOSED);
	test_open(B, "pair");
	channel_table_begin(A);
	assert_passes(test_open(A, "pair"), p->b);
}

static void components_that_live_may_connect_again(void **state)
{
	struct test_pair *p = *state;

	assert_int_equal(test_send(p->a, "last"), CHANNEL_OK);
	channel_close(p->a);
	assert_ptr_equal(test_open(A, "pair"), p->a);
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	test_open(B, "pair");
	assert_recv(p->b, "last");
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_passes(p->a, p->b);
}

static void what_is_closed_while_it_connects_is_closed_when_it_is_there(void **state)
{
	struct test_pair *p = *state;

	for (unsigned turn = 0; turn < 2; turn++) {
		channel_table_end(A, true);
		channel_table_begin(A);
		test_open(A, "pair");
		if (turn)
			channel_close(p->a);
		else
			channel_finish(p->a);
		assert_int_equal(test_send(p->a, "x"), CHANNEL_CLOSED);
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p->b), CHANNEL_PEER_DIED);
		test_open(B, "pair");
		assert_int_equal(test_send(p->b, "y"), turn ? CHANNEL_CLOSED : CHANNEL_OK);
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
		assert_int_equal(channel_reason(p->b), CHANNEL_FINISHED);
		assert_int_equal(test_recv(p->a, CHANNEL_NOW), turn ? CHANNEL_CLOSED : CHANNEL_OK);
		test_setup(state);
	}
}

static void what_is_closed_while_it_connects_can_be_opened_again(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	channel_table_begin(A);
	channel_close(test_open(A, "pair"));
	assert_int_equal(test_recv(p->a, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_ptr_equal(test_open(A, "pair"), p->a);
	assert_int_equal(channel_reason(p->a), CHANNEL_CONNECTING);
	assert_int_equal(test_recv(p->a, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_passes(p->a, p->b);
}

static void a_life_that_ends_while_it_connects_leaves_no_trace(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	for (unsigned i = 0; i < 3; i++) {
		channel_table_begin(A);
		test_open(A, "pair");
		channel_table_end(A, true);
	}
	assert_int_equal(test_send(p->b, "x"), CHANNEL_CLOSED);
	test_open(B, "pair");
	assert_int_equal(test_send(p->b, "kept"), CHANNEL_OK);
	channel_table_begin(A);
	assert_recv(test_open(A, "pair"), "kept");
}

static void the_survivor_may_end_while_the_new_life_connects(void **state)
{
	struct test_pair *p = *state;

	channel_table_end(A, true);
	channel_table_begin(A);
	test_open(A, "pair");
	channel_table_end(B, true);
	assert_int_equal(test_send(p->a, "kept"), CHANNEL_OK);
	channel_table_begin(B);
	assert_recv(test_open(B, "pair"), "kept");
	assert_passes(p->a, p->b);
}

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
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random % in == 0;
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

static void a_peer_that_will_not_return_refuses(void **state)
{
	struct channel *goes = test_open(GOES, "last"), *stays = test_open(STAYS, "last");

	(void)state;
	assert_int_equal(test_send(goes, "bye"), CHANNEL_OK);
	channel_table_end(GOES, true);
	assert_ptr_equal(test_open(STAYS, "last"), stays);
	assert_recv(stays, "bye");
	assert_int_equal(test_recv(stays, CHANNEL_NOW), CHANNEL_CLOSED);
	/* Before anybody knew that it will not return. */
	assert_ptr_equal(test_open(STAYS, "last"), stays);
	assert_int_equal(test_recv(stays, CHANNEL_NOW), CHANNEL_AGAIN);
	test_gone = GOES;
	channel_table_end(GOES, true);
	test_gone = COMPONENT_NONE;
	assert_int_equal(test_recv(stays, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(stays), CHANNEL_PEER_DIED);
	errno = 0;
	assert_null(test_open(STAYS, "last"));
	assert_int_equal(errno, ECONNREFUSED);
	channel_table_end(STAYS, true);
	channel_table_begin(STAYS);
	assert_null(test_open(STAYS, "last"));
	assert_int_equal(errno, ECONNREFUSED);
}

static int group_setup(void **state)
{
	(void)state;
	return channel_table_create(&test_image);
}

#define TEST(name) cmocka_unit_test_setup(name, test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_may_end_and_begin_again),
		TEST(what_the_survivor_sends_first_waits_for_the_next_life),
		TEST(a_new_life_waits_until_the_survivor_has_let_go),
		TEST(being_refused_is_being_told),
		TEST(components_that_live_may_connect_again),
		TEST(what_is_closed_while_it_connects_is_closed_when_it_is_there),
		TEST(what_is_closed_while_it_connects_can_be_opened_again),
		TEST(a_life_that_ends_while_it_connects_leaves_no_trace),
		TEST(the_survivor_may_end_while_the_new_life_connects),
		TEST(who_waits_for_its_connection_is_woken),
		TEST(who_waits_for_its_connection_can_be_asked_to_stop),
		cmocka_unit_test(a_peer_that_will_not_return_refuses),
		TEST(thousands_of_lives_pass_and_the_survivor_is_told_of_each_connection),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
