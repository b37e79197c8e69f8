/* SPDX-License-Identifier: MIT */
/*
 * A client or a server that is ended at any instruction of connecting, accepting and
 * dropping: the other side is told, and every connection comes back.
 */
#include <pthread.h>

#include "tests/unit/service_case.h"
#include "tests/unit/trap.h"

/*
 * Each third instruction: the times of all are a minute's. What a life does under the
 * lock, most of it, is one place.
 */
#define STRIDE 3

static struct service *desk;
static struct channel *mine;

static bool ends(void (*life)(void), unsigned long *at)
{
	bool ended = trap_ends(life, at);

	*at += STRIDE - 1;
	return ended;
}

static unsigned count_free(void)
{
	unsigned n = 0;

	for (const struct service_line *line = desk->free; line; line = line->next)
		n++;
	return n;
}

/* Whatever the dead one left at the door. */
static void server_drops_all(void)
{
	struct channel *ch;

	while (service_accept(desk, CHANNEL_NOW, &ch) == CHANNEL_OK) {
		assert_int_not_equal(test_recv(ch, CHANNEL_NOW), CHANNEL_MISUSE);
		assert_int_equal(test_drop(SERVER, ch), CHANNEL_OK);
	}
}

static void assert_nothing_is_left(void)
{
	test_component = SERVER;
	server_drops_all();
	assert_int_equal(count_free(), TEST_LINES);
	assert_null(desk->queue);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(desk->clients[i].lines, 0);
		assert_int_equal(desk->clients[i].taken, 0);
	}
}

static void client_life(void)
{
	struct channel *ch = channel_connect("desk", CHANNEL_NOW);

	channel_drop(ch);
}

static void a_client_may_end_at_any_instruction(void **state)
{
	unsigned long at = 0, turns = 0;
	bool ended;

	(void)state;
	do {
		test_component = ANN;
		ended = ends(client_life, &at);
		channel_table_end(ANN, true);
		channel_table_begin(ANN);
		assert_nothing_is_left();
		turns++;
	} while (ended);
	assert_in_range(turns, 101, UINT64_MAX);
	assert_connects(ANN, "desk", desk);
}

/* All lines are taken, so this one stands in the queue for a moment. */
static void waiting_life(void)
{
	channel_connect("desk", CHANNEL_NOW);
}

static void a_client_that_waits_may_end_at_any_instruction(void **state)
{
	struct channel *taken[TEST_LINES];
	unsigned long at = 0, turns = 0;
	bool ended;

	(void)state;
	taken[0] = test_connect(BOB, "desk", CHANNEL_NOW);
	taken[1] = test_connect(BOB, "desk", CHANNEL_NOW);
	taken[2] = test_connect(ANN, "desk", CHANNEL_NOW);
	do {
		test_component = ANN;
		ended = ends(waiting_life, &at);
		channel_table_end(ANN, true);
		channel_table_begin(ANN);
		assert_null(desk->queue);
		assert_int_equal(desk->clients[0].taken, 0);
		turns++;
	} while (ended);
	assert_in_range(turns, 101, UINT64_MAX);
	test_drop(BOB, taken[0]);
	test_drop(BOB, taken[1]);
	assert_nothing_is_left();
}

static void server_life(void)
{
	struct service *s = service_listen("desk");
	struct channel *ch = NULL;

	service_accept(s, CHANNEL_NOW, &ch);
	if (ch)
		channel_drop(ch);
	service_close(s);
}

/* What was accepted is told of, what was not, too. */
static void assert_told(struct channel *ch)
{
	enum channel_status status = test_recv(ch, CHANNEL_NOW);

	if (status == CHANNEL_OK)
		status = test_recv(ch, CHANNEL_NOW);
	assert_int_equal(status, CHANNEL_CLOSED);
	assert_int_equal(test_drop(ANN, ch), CHANNEL_OK);
}

static void a_server_may_end_at_any_instruction(void **state)
{
	unsigned long at = 0, turns = 0;
	bool ended;

	(void)state;
	do {
		struct channel *ann[2];

		for (unsigned i = 0; i < 2; i++) {
			assert_non_null(ann[i] = test_connect(ANN, "desk", CHANNEL_NOW));
			assert_int_equal(test_send(ann[i], "hello"), CHANNEL_OK);
		}
		test_component = SERVER;
		ended = ends(server_life, &at);
		test_component = COMPONENT_NONE;
		channel_table_end(SERVER, true);
		assert_told(ann[0]);
		assert_told(ann[1]);
		channel_table_begin(SERVER);
		assert_ptr_equal(test_listen(SERVER, "desk"), desk);
		assert_nothing_is_left();
		turns++;
	} while (ended);
	assert_in_range(turns, 101, UINT64_MAX);
}

static void *client_waits(void *arg)
{
	struct channel **ch = arg;

	test_component = BOB;
	*ch = channel_connect("desk", CHANNEL_FOREVER);
	return NULL;
}

static void waking_life(void)
{
	channel_drop(mine);
}

/* A thread that sleeps for a line is given the one that another client ends in dropping. */
static void who_waits_is_served_wherever_the_one_before_ends(void **state)
{
	unsigned long at = 0, turns = 0;
	bool ended;

	(void)state;
	do {
		struct channel *bob = test_connect(BOB, "desk", CHANNEL_NOW), *ch = NULL,
			       *server[2];
		pthread_t id;

		mine = test_connect(ANN, "desk", CHANNEL_NOW);
		assert_non_null(test_connect(ANN, "desk", CHANNEL_NOW));
		for (unsigned i = 0; i < 2; i++)
			server[i] = test_accept(desk);
		assert_int_equal(test_drop(SERVER, server[1]), CHANNEL_OK);
		assert_int_equal(pthread_create(&id, NULL, client_waits, &ch), 0);
		while (!__atomic_load_n(&desk->queue, __ATOMIC_RELAXED))
			;
		test_component = ANN;
		ended = ends(waking_life, &at);
		channel_table_end(ANN, true);
		channel_table_begin(ANN);
		pthread_join(id, NULL);
		assert_non_null(ch);
		assert_int_equal(test_drop(BOB, ch), CHANNEL_OK);
		assert_int_equal(test_drop(BOB, bob), CHANNEL_OK);
		assert_int_equal(test_drop(SERVER, server[0]), CHANNEL_OK);
		assert_nothing_is_left();
		turns++;
	} while (ended);
	assert_in_range(turns, 101, UINT64_MAX);
}

static int death_setup(void **state)
{
	test_lives_begin();
	desk = test_listen(SERVER, "desk");
	(void)state;
	return !desk;
}

static int group_setup(void **state)
{
	return trap_setup() || test_table(state);
}

#define TEST(name) cmocka_unit_test_setup(name, death_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client_may_end_at_any_instruction),
		TEST(a_client_that_waits_may_end_at_any_instruction),
		TEST(a_server_may_end_at_any_instruction),
		TEST(who_waits_is_served_wherever_the_one_before_ends),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
