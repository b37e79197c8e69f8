/* SPDX-License-Identifier: MIT */
/* Services: who waits to accept and to connect, in threads and in a set. */
#include <pthread.h>

#include "tests/unit/service_case.h"

struct test_waiter {
	pthread_t id;
	unsigned component;
	struct service *s; /* to accept from; NULL: connects to the desk */
	struct channel *ch;
	enum channel_status status;
	int error;
	bool waits;
};

static void *test_wait(void *arg)
{
	struct test_waiter *w = arg;

	test_component = w->component;
	__atomic_store_n(&w->waits, true, __ATOMIC_RELEASE);
	if (w->s) {
		w->status = service_accept(w->s, CHANNEL_FOREVER, &w->ch);
		return NULL;
	}
	w->ch = channel_connect("desk", CHANNEL_FOREVER);
	w->error = errno;
	return NULL;
}

/* It waits by now, or wants a lock for that. */
static void test_start(struct test_waiter *w, unsigned component, struct service *s)
{
	*w = (struct test_waiter){.component = component, .s = s};
	assert_int_equal(pthread_create(&w->id, NULL, test_wait, w), 0);
	while (!__atomic_load_n(&w->waits, __ATOMIC_ACQUIRE))
		;
	test_until_asleep(NULL);
}

static void test_end(const struct test_waiter *w)
{
	assert_int_equal(pthread_join(w->id, NULL), 0);
}

static void who_waits_to_accept_is_woken(void **state)
{
	struct test_waiter w;
	struct channel *ann;

	test_start(&w, SERVER, *state);
	ann = test_connect(ANN, "desk", CHANNEL_NOW);
	test_end(&w);
	assert_int_equal(w.status, CHANNEL_OK);
	assert_passes(ann, w.ch);
	test_start(&w, SERVER, *state);
	service_close(*state);
	test_end(&w);
	assert_int_equal(w.status, CHANNEL_CLOSED);
	test_listen(SERVER, "desk");
	test_start(&w, SERVER, *state);
	channel_table_stop(SERVER);
	test_end(&w);
	assert_int_equal(w.status, CHANNEL_STOPPING);
}

static void who_waits_to_connect_is_woken(void **state)
{
	struct test_waiter w;

	channel_table_end(SERVER, true);
	channel_table_begin(SERVER);
	test_start(&w, ANN, NULL);
	test_listen(SERVER, "desk");
	test_end(&w);
	assert_non_null(w.ch);
	assert_passes(w.ch, test_accept(*state));
	channel_table_end(SERVER, true);
	test_start(&w, ANN, NULL);
	test_gone = SERVER;
	channel_table_end(SERVER, true);
	test_gone = COMPONENT_NONE;
	test_end(&w);
	assert_null(w.ch);
	assert_int_equal(w.error, ECONNREFUSED);
	channel_table_end(SERVER, true);
	test_start(&w, BOB, NULL);
	channel_table_stop(BOB);
	test_end(&w);
	assert_null(w.ch);
	assert_int_equal(w.error, ESHUTDOWN);
}

static void who_waits_to_connect_is_refused_when_the_service_closes(void **state)
{
	struct test_waiter w;

	for (unsigned i = 0; i < TEST_LINES; i++)
		assert_non_null(test_connect(i ? BOB : ANN, "desk", CHANNEL_NOW));
	test_start(&w, ANN, NULL);
	service_close(*state);
	test_end(&w);
	assert_null(w.ch);
	assert_int_equal(w.error, ECONNREFUSED);
}

static void a_line_that_comes_free_goes_to_who_waits(void **state)
{
	struct channel *bob[2] = {test_connect(BOB, "desk", CHANNEL_NOW),
				  test_connect(BOB, "desk", CHANNEL_NOW)};
	struct channel *ann = test_connect(ANN, "desk", CHANNEL_NOW);
	struct channel *desk = test_accept(*state);
	struct test_waiter w;

	assert_non_null(ann);
	test_start(&w, ANN, NULL);
	assert_int_equal(test_drop(SERVER, desk), CHANNEL_OK);
	assert_int_equal(test_drop(BOB, bob[0]), CHANNEL_OK);
	test_end(&w);
	assert_non_null(w.ch);
	test_accept(*state);
	test_accept(*state);
	assert_passes(w.ch, test_accept(*state));
}

static void a_set_waits_for_a_service_too(void **state)
{
	struct channel_set *set;
	struct channel *ann, *desk;
	void *tag = NULL;

	test_component = SERVER;
	set = channel_set_new();
	assert_non_null(set);
	assert_non_null(channel_set_accept(set, *state, &desk));
	assert_int_equal(channel_set_wait(set, test_in(MS), &tag), CHANNEL_AGAIN);
	ann = test_connect(ANN, "desk", CHANNEL_NOW);
	test_component = SERVER;
	assert_int_equal(channel_set_wait(set, CHANNEL_FOREVER, &tag), CHANNEL_OK);
	assert_ptr_equal(tag, &desk);
	desk = test_accept(*state);
	assert_int_equal(channel_set_wait(set, CHANNEL_NOW, &tag), CHANNEL_AGAIN);
	assert_non_null(channel_set_receive(set, desk, &ann));
	assert_int_equal(channel_set_wait(set, test_in(MS), &tag), CHANNEL_AGAIN);
	assert_int_equal(test_send(ann, "x"), CHANNEL_OK);
	assert_int_equal(channel_set_wait(set, CHANNEL_FOREVER, &tag), CHANNEL_OK);
	assert_ptr_equal(tag, &ann);
	channel_set_free(set);
}

#define TEST(name) cmocka_unit_test_setup(name, test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_waits_to_accept_is_woken),
		TEST(who_waits_to_connect_is_woken),
		TEST(who_waits_to_connect_is_refused_when_the_service_closes),
		TEST(a_line_that_comes_free_goes_to_who_waits),
		TEST(a_set_waits_for_a_service_too),
	};

	return cmocka_run_group_tests(tests, test_table, NULL);
}
