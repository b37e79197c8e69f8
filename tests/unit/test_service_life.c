/* SPDX-License-Identifier: MIT */
/*
 * Services whose server and clients end and begin again all the time: no message
 * goes astray, everybody is told, and nothing is left behind.
 */
#include <pthread.h>

#include "tests/unit/service_case.h"
#include "tests/unit/random.h"

#define TEST_LIVES 1500

struct test_message {
	uint64_t connection; /* a number of the client's own */
	uint64_t seq;
};

/* What a component does in all its lives, and what came of it. */
struct test_lives {
	unsigned component;
	void (*live)(struct test_lives *l);
	uint64_t random;
	uint64_t connections, messages, told; /* told: of a death */
	pthread_t id;
};

static uint64_t test_connections; /* numbers given out */

static bool test_chance(struct test_lives *l, unsigned in)
{
	return random_below(&l->random, in) == 0;
}

static uint64_t test_patience(struct test_lives *l)
{
	return test_chance(l, 3) ? CHANNEL_NOW : test_chance(l, 2) ? test_in(MS) : CHANNEL_FOREVER;
}

static enum channel_status test_get(struct test_lives *l, struct channel *ch,
				    struct test_message *m, uint64_t deadline)
{
	enum channel_status status;
	size_t len = 0;

	status = channel_recv(ch, m, sizeof(*m), &len, deadline);
	if (status == CHANNEL_OK && len != sizeof(*m))
		fail_msg("a message of %zu bytes", len);
	l->messages += status == CHANNEL_OK;
	if (status == CHANNEL_CLOSED)
		l->told += channel_reason(ch) == CHANNEL_PEER_DIED;
	if (status == CHANNEL_MISUSE)
		fail_msg("misuse");
	return status;
}

/* A connection of a client's: numbered messages that come back as they were, in order. */
static void test_talk(struct test_lives *l, struct channel *ch)
{
	struct test_message m = {0}, back;
	enum channel_status status = CHANNEL_OK;

	m.connection = __atomic_add_fetch(&test_connections, 1, __ATOMIC_RELAXED);
	while (status == CHANNEL_OK && !test_chance(l, 6)) {
		m.seq++;
		status = channel_send(ch, &m, sizeof(m), CHANNEL_FOREVER);
		if (status != CHANNEL_OK || test_chance(l, 8))
			return;
		status = test_get(l, ch, &back, CHANNEL_FOREVER);
		if (status == CHANNEL_OK && (back.connection != m.connection || back.seq != m.seq))
			fail_msg("connection %llu got message %llu of %llu",
				 (unsigned long long)m.connection, (unsigned long long)back.seq,
				 (unsigned long long)back.connection);
	}
}

static void test_client(struct test_lives *l)
{
	while (!test_chance(l, 10)) {
		struct channel *ch = channel_connect("desk", test_patience(l));

		if (!ch && errno == ESHUTDOWN)
			return;
		if (!ch)
			continue;
		l->connections++;
		test_talk(l, ch);
		/* What is not dropped here is, when this life ends. */
		if (!test_chance(l, 10) && channel_drop(ch) != CHANNEL_OK)
			fail_msg("a connection that cannot be dropped");
	}
}

/* All messages of a connection are of the same one, without a gap. */
static void test_serve_one(struct test_lives *l, struct channel *ch)
{
	struct test_message m = {0}, before = {0};

	while (test_get(l, ch, &m, CHANNEL_FOREVER) == CHANNEL_OK) {
		if (m.seq != before.seq + 1 || (before.seq && m.connection != before.connection))
			fail_msg("message %llu of %llu behind %llu of %llu",
				 (unsigned long long)m.seq, (unsigned long long)m.connection,
				 (unsigned long long)before.seq,
				 (unsigned long long)before.connection);
		before = m;
		if (channel_send(ch, &m, sizeof(m), CHANNEL_FOREVER) != CHANNEL_OK ||
		    test_chance(l, 20))
			break;
	}
}

static void test_server(struct test_lives *l)
{
	struct service *s = service_listen("desk");
	struct channel *ch;

	while (!test_chance(l, 20)) {
		enum channel_status status = service_accept(s, test_patience(l), &ch);

		if (status == CHANNEL_STOPPING)
			return;
		if (test_chance(l, 40)) {
			service_close(s);
			service_listen("desk");
		}
		if (status != CHANNEL_OK)
			continue;
		l->connections++;
		test_serve_one(l, ch);
		if (!test_chance(l, 10) && channel_drop(ch) != CHANNEL_OK)
			fail_msg("a connection that cannot be dropped");
	}
}

static void *test_life(void *arg)
{
	struct test_lives *l = arg;

	test_component = l->component;
	l->live(l);
	return NULL;
}

/* One life behind the other; one that waits where nothing comes is asked to stop in the end. */
static void *test_supervise(void *arg)
{
	struct test_lives *l = arg;
	pthread_t id;

	for (unsigned i = 0; i < TEST_LIVES; i++) {
		channel_table_begin(l->component);
		assert_int_equal(pthread_create(&id, NULL, test_life, l), 0);
		nanosleep(&(struct timespec){.tv_nsec = (long)(i % 4) * 100000}, NULL);
		channel_table_stop(l->component);
		pthread_join(id, NULL);
		channel_table_end(l->component, i % 2);
	}
	return NULL;
}

static void assert_nothing_is_left(struct service *s)
{
	unsigned lines = 0, ends = 0;

	for (const struct service_line *line = s->free; line; line = line->next)
		lines++;
	assert_int_equal(lines, TEST_LINES);
	assert_null(s->queue);
	for (unsigned i = 0; i < s->spec->client_count; i++) {
		assert_int_equal(s->clients[i].lines, 0);
		assert_int_equal(s->clients[i].taken, 0);
		for (const struct service_end *e = s->clients[i].free; e; e = e->next)
			ends++;
	}
	assert_int_equal(ends, 2 * (TEST_EACH + SERVICE_WAITERS));
}

static void thousands_of_lives_leave_every_connection_free(void **state)
{
	struct test_lives lives[] = {
		{.component = SERVER, .live = test_server, .random = 1},
		{.component = ANN, .live = test_client, .random = 2},
		{.component = BOB, .live = test_client, .random = 3},
	};

	for (unsigned i = 0; i < COMPONENTS; i++)
		channel_table_end(i, true);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&lives[i].id, NULL, test_supervise, &lives[i]), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_join(lives[i].id, NULL), 0);
	for (unsigned i = 0; i < 3; i++)
		print_message(
			"component %u: %llu connections, %llu messages, told of %llu deaths\n", i,
			(unsigned long long)lives[i].connections,
			(unsigned long long)lives[i].messages, (unsigned long long)lives[i].told);
	/* It did happen, often. */
	assert_in_range(lives[0].connections, TEST_LIVES / 10 + 1, UINT64_MAX);
	assert_in_range(lives[0].messages, TEST_LIVES / 10 + 1, UINT64_MAX);
	assert_nothing_is_left(service_find("desk"));
	assert_int_equal(test_setup(state), 0);
	for (unsigned i = 0; i < TEST_EACH; i++)
		assert_connects(ANN, "desk", *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_lives_leave_every_connection_free),
	};

	return cmocka_run_group_tests(tests, test_table, NULL);
}
