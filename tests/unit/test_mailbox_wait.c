/* SPDX-License-Identifier: MIT */
/* Who waits for the mailbox: tasks, sets, ends that wait for their connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "ipc/mailbox.h"
#include "ipc/set.h"
#include "ipc/task.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/waiting.h"

#define CALLS 2000

/* The last one owns the sets, its tasks' too, over the lives of the others. */
enum { CLIENT, SERVER, COMPONENTS, TESTER };

static const struct image_channel test_channels[] = {{"pair", CLIENT, SERVER, 4096}};
static const struct image test_image = {
	.name = "test",
	.component_count = COMPONENTS,
	.channel_count = 1,
	.channels = test_channels,
};

static struct channel *client, *server;

static int test_setup(void **state)
{
	(void)state;
	channel_table_end(CLIENT, true);
	channel_table_end(SERVER, true);
	channel_table_begin(CLIENT);
	channel_table_begin(SERVER);
	client = test_open(CLIENT, "pair");
	server = test_open(SERVER, "pair");
	return !client || !server;
}

/* The next request; messages are none. */
static enum channel_status test_receive(uint64_t deadline, uint64_t *value)
{
	const void *msg;
	bool request;
	size_t len;
	enum channel_status status = mailbox_receive(server, deadline, &request, &msg, &len);

	if (status != CHANNEL_OK)
		return status;
	assert_true(request);
	assert_int_equal(len, sizeof(*value));
	memcpy(value, msg, sizeof(*value));
	return status;
}

static enum channel_status test_call(uint64_t value, uint64_t deadline)
{
	uint64_t reply = 0;
	size_t len = 0;
	enum channel_status status =
		mailbox_call(client, &value, sizeof(value), &reply, sizeof(reply), &len, deadline);

	if (status == CHANNEL_OK) {
		assert_int_equal(len, sizeof(reply));
		assert_int_equal(reply, value + 1);
	}
	return status;
}

static int calls(void *arg)
{
	for (uint64_t i = 0; i < (uintptr_t)arg; i++)
		assert_int_equal(test_call(i, CHANNEL_FOREVER), CHANNEL_OK);
	return 0;
}

static int serves(void *arg)
{
	for (uint64_t i = 0; i < (uintptr_t)arg; i++) {
		uint64_t value = 0;

		assert_int_equal(test_receive(CHANNEL_FOREVER, &value), CHANNEL_OK);
		value++;
		assert_int_equal(mailbox_reply(server, &value, sizeof(value)), CHANNEL_OK);
	}
	return 0;
}

static void tasks_of_one_thread_call_each_other(void **state)
{
	struct task *caller = task_spawn(calls, (void *)CALLS, 0);
	struct task *other = task_spawn(serves, (void *)CALLS, 0);

	(void)state;
	assert_int_equal(task_join(caller, CHANNEL_FOREVER, NULL), CHANNEL_OK);
	assert_int_equal(task_join(other, CHANNEL_FOREVER, NULL), CHANNEL_OK);
}

static unsigned long turns;

static int counts(void *unused)
{
	(void)unused;
	do
		__atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
	while (task_sleep(test_in(MS / 10)) == CHANNEL_OK);
	return 0;
}

/* Not before the other tasks of the caller have had some turns. */
static void *serves_late(void *calls)
{
	unsigned long until = __atomic_load_n(&turns, __ATOMIC_RELAXED) + 20;

	while (__atomic_load_n(&turns, __ATOMIC_RELAXED) < until)
		sched_yield();
	serves(calls);
	return NULL;
}

static void a_task_that_waits_for_its_reply_lets_others_go_on(void **state)
{
	struct task *caller = task_spawn(calls, (void *)20, 0);
	struct task *counter = task_spawn(counts, NULL, 0);
	pthread_t id;

	(void)state;
	assert_int_equal(pthread_create(&id, NULL, serves_late, (void *)20), 0);
	assert_int_equal(task_join(caller, CHANNEL_FOREVER, NULL), CHANNEL_OK);
	pthread_join(id, NULL);
	task_cancel(counter);
	assert_int_equal(task_join(counter, CHANNEL_FOREVER, NULL), CHANNEL_OK);
}

static int calls_status(void *arg)
{
	return (int)test_call((uintptr_t)arg, CHANNEL_FOREVER);
}

static void a_cancelled_call_leaves_the_line_to_the_next(void **state)
{
	struct task *first, *second, *other;
	uint64_t value = 0;
	int status;

	(void)state;
	assert_int_equal(test_receive(CHANNEL_NOW, &value), CHANNEL_AGAIN);
	first = task_spawn(calls_status, (void *)100, 0);
	second = task_spawn(calls_status, (void *)200, 0);
	task_yield();
	assert_int_equal(task_join(second, CHANNEL_NOW, &status), CHANNEL_OK);
	assert_int_equal(status, CHANNEL_MISUSE); /* one at a time */
	task_cancel(first);
	assert_int_equal(task_join(first, CHANNEL_FOREVER, &status), CHANNEL_OK);
	assert_int_equal(status, CHANNEL_CANCELLED);
	assert_int_equal(test_call(300, CHANNEL_NOW), CHANNEL_AGAIN); /* the server has the line */
	other = task_spawn(serves, (void *)2, 0);
	assert_int_equal(test_call(300, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(task_join(other, CHANNEL_FOREVER, NULL), CHANNEL_OK);
}

static enum channel_status test_set_wait(struct channel_set *set, uint64_t deadline)
{
	void *tag;

	return channel_set_wait(set, deadline, &tag);
}

static void a_set_is_ready_for_requests_and_messages(void **state)
{
	struct channel_set *set = channel_set_new();
	uint64_t value = 7, got = 0;
	char byte;
	size_t len;

	(void)state;
	channel_set_receive(set, server, NULL);
	assert_int_equal(test_receive(CHANNEL_NOW, &got), CHANNEL_AGAIN);
	assert_int_equal(test_set_wait(set, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(mailbox_start(client, &value, sizeof(value), CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_set_wait(set, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_set_wait(set, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_receive(CHANNEL_NOW, &got), CHANNEL_OK);
	assert_int_equal(got, value);
	assert_int_equal(test_set_wait(set, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(channel_send(client, "x", 1, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(test_set_wait(set, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(channel_recv(server, &byte, 1, &len, CHANNEL_NOW), CHANNEL_OK);
	assert_int_equal(mailbox_reply(server, "", 0), CHANNEL_OK);
	assert_int_equal(test_set_wait(set, test_in(MS)), CHANNEL_AGAIN);
	channel_close(client);
	assert_int_equal(test_set_wait(set, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(test_receive(CHANNEL_NOW, &got), CHANNEL_CLOSED);
	channel_set_free(set);
}

static void *calls_twice(void *arg)
{
	(void)arg;
	assert_int_equal(test_call(1, CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(test_call(2, CHANNEL_FOREVER), CHANNEL_OK);
	return NULL;
}

/* It waits in the set when the connection comes, and opens the mailbox there. */
static void a_set_serves_the_next_connection_too(void **state)
{
	struct channel_set *set = channel_set_new();
	uint64_t value = 0;
	pthread_t id;

	(void)state;
	channel_set_receive(set, server, NULL);
	assert_int_equal(test_receive(CHANNEL_NOW, &value), CHANNEL_AGAIN);
	channel_close(server);
	assert_ptr_equal(test_open(SERVER, "pair"), server);
	assert_int_equal(test_set_wait(set, CHANNEL_NOW), CHANNEL_AGAIN);
	channel_close(client);
	assert_ptr_equal(test_open(CLIENT, "pair"), client);
	assert_int_equal(pthread_create(&id, NULL, calls_twice, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(test_set_wait(set, CHANNEL_FOREVER), CHANNEL_OK);
		assert_int_equal(test_receive(CHANNEL_NOW, &value), CHANNEL_OK);
		value++;
		assert_int_equal(mailbox_reply(server, &value, sizeof(value)), CHANNEL_OK);
	}
	pthread_join(id, NULL);
	channel_set_free(set);
}

static void *serves_in_a_set(void *arg)
{
	struct channel_set *set = channel_set_new();
	uint64_t value = 0;

	(void)arg;
	channel_set_receive(set, server, NULL);
	assert_int_equal(test_receive(CHANNEL_NOW, &value), CHANNEL_AGAIN);
	for (unsigned i = 0; i < 20; i++) {
		do
			assert_int_equal(test_set_wait(set, CHANNEL_FOREVER), CHANNEL_OK);
		while (test_receive(CHANNEL_NOW, &value) == CHANNEL_AGAIN);
		value++;
		assert_int_equal(mailbox_reply(server, &value, sizeof(value)), CHANNEL_OK);
	}
	channel_set_free(set);
	return NULL;
}

static void a_set_that_sleeps_is_woken_by_a_request(void **state)
{
	pthread_t id;

	(void)state;
	assert_int_equal(pthread_create(&id, NULL, serves_in_a_set, NULL), 0);
	for (uint64_t i = 0; i < 20; i++) {
		test_until_asleep(NULL);
		assert_int_equal(test_call(i, CHANNEL_FOREVER), CHANNEL_OK);
	}
	pthread_join(id, NULL);
}

static void *calls_once(void *arg)
{
	assert_int_equal(test_call((uintptr_t)arg, CHANNEL_FOREVER), CHANNEL_OK);
	return NULL;
}

/* A request that nobody took stays behind in the connection before. */
static void a_new_connection_begins_with_an_empty_mailbox(void **state)
{
	uint64_t value = 7;
	pthread_t id;

	(void)state;
	assert_int_equal(test_receive(CHANNEL_NOW, &value), CHANNEL_AGAIN);
	assert_int_equal(mailbox_start(client, &value, sizeof(value), CHANNEL_NOW), CHANNEL_OK);
	channel_close(client);
	assert_ptr_equal(test_open(CLIENT, "pair"), client);
	assert_int_equal(channel_reason(client), CHANNEL_CONNECTING);
	assert_int_equal(test_call(8, CHANNEL_NOW), CHANNEL_AGAIN);
	assert_int_equal(test_call(8, test_in(MS)), CHANNEL_AGAIN);
	assert_int_equal(pthread_create(&id, NULL, calls_once, (void *)9), 0);
	test_until_asleep(&client->nowhere.controls[0].flag.caller);
	channel_close(server);
	assert_ptr_equal(test_open(SERVER, "pair"), server);
	assert_int_equal(test_receive(CHANNEL_FOREVER, &value), CHANNEL_OK);
	assert_int_equal(value, 9);
	value++;
	assert_int_equal(mailbox_reply(server, &value, sizeof(value)), CHANNEL_OK);
	pthread_join(id, NULL);
}

static void *calls_in_vain(void *arg)
{
	(void)arg;
	assert_int_equal(test_call(1, CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(channel_reason(client), CHANNEL_PEER_DIED);
	return NULL;
}

static void a_caller_whose_server_died_calls_its_next_life(void **state)
{
	uint64_t value = 0;
	pthread_t id;

	(void)state;
	for (unsigned life = 0; life < 20; life++) {
		assert_int_equal(test_receive(CHANNEL_NOW, &value), CHANNEL_AGAIN);
		assert_int_equal(pthread_create(&id, NULL, calls_in_vain, NULL), 0);
		if (life % 2)
			assert_int_equal(test_receive(CHANNEL_FOREVER, &value), CHANNEL_OK);
		channel_table_end(SERVER, true);
		pthread_join(id, NULL);
		assert_ptr_equal(test_open(CLIENT, "pair"), client);
		channel_table_begin(SERVER);
		assert_ptr_equal(test_open(SERVER, "pair"), server);
		assert_int_equal(pthread_create(&id, NULL, calls_once, (void *)9), 0);
		assert_int_equal(serves((void *)1), 0);
		pthread_join(id, NULL);
	}
}

static int group_setup(void **state)
{
	(void)state;
	test_component = TESTER;
	return channel_table_create(&test_image);
}

#define TEST(name) cmocka_unit_test_setup(name, test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_set_is_ready_for_requests_and_messages),
		TEST(a_set_serves_the_next_connection_too),
		TEST(a_set_that_sleeps_is_woken_by_a_request),
		TEST(a_new_connection_begins_with_an_empty_mailbox),
		TEST(a_caller_whose_server_died_calls_its_next_life),
		TEST(tasks_of_one_thread_call_each_other),
		TEST(a_task_that_waits_for_its_reply_lets_others_go_on),
		TEST(a_cancelled_call_leaves_the_line_to_the_next),
	};

	return cmocka_run_group_tests_name("mailbox waits", tests, group_setup, NULL);
}
