/* SPDX-License-Identifier: MIT */
/*
 * Calls whose server waits for room: whatever the client waits for meanwhile, it takes the
 * replies that there are. Each wait has a deadline only so that a failure is one.
 */
#include <pthread.h>

#include "ipc/task.h"
#include "tests/unit/call_case.h"

#define MANY 200
#define LONG (TEST_RING / 4)

static const char test_long[LONG];

/* Answers each request at once, by a message of `size` bytes, until the channel is closed. */
struct test_server {
	struct channel *ch;
	size_t size;
	pthread_t thread;
};

static void *serves(void *arg)
{
	const struct test_server *s = arg;
	enum channel_status status;
	const void *msg;
	uint64_t id;
	size_t len;

	while (call_receive(s->ch, CHANNEL_FOREVER, &id, &msg, &len) == CHANNEL_OK) {
		bool is_short = len <= MAILBOX_MAX;

		channel_release(s->ch);
		status = call_reply(s->ch, id, test_long, is_short ? 1 : s->size, CHANNEL_FOREVER);
		if (status != CHANNEL_OK)
			break;
	}
	return NULL;
}

static void test_serve_by(struct test_server *s, void *(*run)(void *arg), struct channel *ch)
{
	test_serve(ch);
	*s = (struct test_server){.ch = ch, .size = LONG};
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

static void test_server_end(struct test_server *s, struct channel *client)
{
	channel_close(client);
	pthread_join(s->thread, NULL);
}

static enum channel_status test_start_long(struct call_client *c, struct call *call, void *reply,
					   size_t size)
{
	const struct channel_part part = {test_long, MAILBOX_MAX + 1};

	return call_start(c, call, &part, 1, reply, size, SOON);
}

/* More than both rings have room for. */
static void one_starts_more_calls_than_there_is_room_for(void **state)
{
	static struct call calls[MANY];
	static char replies[MANY][LONG];
	struct channel_pair *p = *state;
	struct test_server s;
	struct call_client c;

	call_client_init(&c, p->a);
	test_serve_by(&s, serves, p->b);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(test_start_long(&c, &calls[i], replies[i], LONG), CHANNEL_OK);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(call_wait(&c, &calls[i], SOON), CHANNEL_OK);
		assert_int_equal(calls[i].length, LONG);
		call_drop(&c, &calls[i]);
	}
	test_server_end(&s, p->a);
}

#define FLOODS 8

/* Answers the first request last. */
static void *serves_the_first_last(void *arg)
{
	const struct test_server *s = arg;
	uint64_t ids[FLOODS + 1];
	const void *msg;
	size_t len;

	for (unsigned i = 0; i <= FLOODS; i++) {
		if (call_receive(s->ch, CHANNEL_FOREVER, &ids[i], &msg, &len) != CHANNEL_OK)
			return NULL;
		channel_release(s->ch);
	}
	for (unsigned i = FLOODS; i; i--)
		if (call_reply(s->ch, ids[i], test_long, LONG, CHANNEL_FOREVER) != CHANNEL_OK)
			return NULL;
	call_reply(s->ch, ids[0], "1", 1, CHANNEL_FOREVER);
	return NULL;
}

static void a_short_call_waits_for_no_long_replies(void **state)
{
	static struct call calls[FLOODS];
	static char replies[FLOODS][LONG];
	struct channel_pair *p = *state;
	struct test_server s;
	struct call_client c;
	struct call box;
	char reply[8];

	call_client_init(&c, p->a);
	test_serve_by(&s, serves_the_first_last, p->b);
	test_start(&c, &box, "box", reply);
	assert_true(box.boxed);
	for (unsigned i = 0; i < FLOODS; i++)
		assert_int_equal(test_start_long(&c, &calls[i], replies[i], LONG), CHANNEL_OK);
	/* Some are dropped, the others not waited for yet. */
	for (unsigned i = 0; i < FLOODS; i += 2)
		call_drop(&c, &calls[i]);
	assert_int_equal(call_wait(&c, &box, SOON), CHANNEL_OK);
	for (unsigned i = 1; i < FLOODS; i += 2)
		assert_int_equal(call_wait(&c, &calls[i], SOON), CHANNEL_OK);
	test_server_end(&s, p->a);
}

static struct call_client test_client;
static struct call test_box;
static bool test_boxed;

static int waits_for_the_box(void *arg)
{
	char reply[8];

	(void)arg;
	test_start(&test_client, &test_box, "box", reply);
	test_boxed = test_box.boxed;
	return (int)call_wait(&test_client, &test_box, SOON);
}

static int gives_up(void *arg)
{
	struct call call;
	char reply[LONG];
	enum channel_status status;

	(void)arg;
	if (test_start_long(&test_client, &call, reply, LONG) != CHANNEL_OK)
		return -1;
	status = call_wait(&test_client, &call, test_in(10 * MS));
	call_drop(&test_client, &call);
	return (int)status;
}

/* The others have taken all replies while they waited, and leave before theirs comes. */
static void a_task_waits_for_the_mailbox_while_others_give_up(void **state)
{
	struct channel_pair *p = *state;
	struct task *box, *others[FLOODS];
	struct test_server s;
	int status;

	call_client_init(&test_client, p->a);
	test_serve(p->b);
	box = task_spawn(waits_for_the_box, NULL, 0);
	for (unsigned i = 0; i < FLOODS; i++)
		others[i] = task_spawn(gives_up, NULL, 0);
	for (unsigned i = 0; i < FLOODS; i++) {
		assert_int_equal(task_join(others[i], CHANNEL_FOREVER, &status), CHANNEL_OK);
		assert_int_equal(status, CHANNEL_AGAIN);
	}
	assert_true(test_boxed);
	s = (struct test_server){.ch = p->b};
	assert_int_equal(pthread_create(&s.thread, NULL, serves_the_first_last, &s), 0);
	assert_int_equal(task_join(box, CHANNEL_FOREVER, &status), CHANNEL_OK);
	assert_int_equal(status, CHANNEL_OK);
	test_server_end(&s, p->a);
}

/* Nor does who never waits hold up the server. */
static void one_who_only_asks_again_takes_replies_too(void **state)
{
	static struct call calls[FLOODS];
	static char replies[FLOODS][LONG];
	struct channel_pair *p = *state;
	uint64_t until = SOON;
	struct test_server s;
	struct call_client c;
	struct call box;
	char reply[8];

	call_client_init(&c, p->a);
	test_serve_by(&s, serves_the_first_last, p->b);
	test_start(&c, &box, "box", reply);
	for (unsigned i = 0; i < FLOODS; i++)
		assert_int_equal(test_start_long(&c, &calls[i], replies[i], LONG), CHANNEL_OK);
	while (call_wait(&c, &box, CHANNEL_NOW) == CHANNEL_AGAIN && monotonic_now() < until)
		;
	assert_int_equal(box.status, CHANNEL_OK);
	test_server_end(&s, p->a);
}

static int waits_for_a_long_reply(void *arg)
{
	static char reply[LONG];
	const struct channel_part part = {"box", 3};
	struct call call;
	int length;

	(void)arg;
	if (call_start(&test_client, &call, &part, 1, reply, LONG, SOON) != CHANNEL_OK)
		return -1;
	length = call_wait(&test_client, &call, SOON) == CHANNEL_OK ? (int)call.length : -1;
	call_drop(&test_client, &call);
	return length;
}

static int asks_for_much(void *arg)
{
	static char reply[LONG];
	struct call call;
	int length;

	(void)arg;
	if (test_start_long(&test_client, &call, reply, LONG) != CHANNEL_OK)
		return -1;
	length = call_wait(&test_client, &call, SOON) == CHANNEL_OK ? (int)call.length : -1;
	call_drop(&test_client, &call);
	return length;
}

static uint64_t test_taken(struct channel *ch)
{
	const void *msg;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_NOW, &id, &msg, &len), CHANNEL_OK);
	channel_release(ch);
	return id;
}

/* One comes through the mailbox; its reply is a message, and the line says so. */
static void a_long_reply_is_whole_whoever_takes_it(void **state)
{
	int (*const runs[])(void *) = {waits_for_a_long_reply, asks_for_much};
	struct channel_pair *p = *state;

	call_client_init(&test_client, p->a);
	test_serve(p->b);
	for (unsigned turn = 0; turn < 4; turn++) {
		struct task *tasks[2] = {task_spawn(runs[turn % 2], NULL, 0),
					 task_spawn(runs[!(turn % 2)], NULL, 0)};
		uint64_t ids[2];

		task_yield();
		for (unsigned i = 0; i < 2; i++)
			ids[i] = test_taken(p->b);
		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(call_reply(p->b, ids[turn / 2 ? !i : i], test_long, LONG,
						    CHANNEL_NOW),
					 CHANNEL_OK);
		for (unsigned i = 0; i < 2; i++) {
			int length;

			assert_int_equal(task_join(tasks[i], CHANNEL_FOREVER, &length), CHANNEL_OK);
			assert_int_equal(length, LONG);
		}
	}
}

/* What is left of an eighth of the ring, and only a look in vain hands back, the last one lacks. */
static int posts(void *arg)
{
	static const size_t sizes[] = {TEST_RING / 2 - 16, MAILBOX_MAX + 1, TEST_RING / 2 - 16};
	static char request[TEST_RING];
	struct call call;
	char reply[8];

	(void)arg;
	for (unsigned i = 0; i < 3; i++) {
		const struct channel_part part = {request, sizes[i]};

		if (call_start(&test_client, &call, &part, 1, reply, 8, SOON) != CHANNEL_OK)
			return -1;
		call_drop(&test_client, &call);
	}
	return 0;
}

/* Takes what there is: a look that finds something. */
static void test_take(struct channel *ch)
{
	const void *msg;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_NOW, &id, &msg, &len), CHANNEL_OK);
	channel_release(ch);
	assert_int_equal(call_reply(ch, id, "", 0, CHANNEL_NOW), CHANNEL_OK);
}

static void short_calls_do_not_keep_a_long_one_from_its_room(void **state)
{
	const struct channel_part part = {"box", 3};
	struct channel_pair *p = *state;
	unsigned passed = 0;
	struct call box;
	struct task *t;
	char reply[8];
	int result;

	call_client_init(&test_client, p->a);
	test_serve(p->b);
	t = task_spawn(posts, NULL, 0);
	task_yield();
	test_take(p->b);
	test_take(p->b);
	while (passed < 1000 &&
	       call_start(&test_client, &box, &part, 1, reply, 8, CHANNEL_NOW) == CHANNEL_OK) {
		test_take(p->b);
		call_wait(&test_client, &box, CHANNEL_NOW);
		call_drop(&test_client, &box);
		task_yield();
		passed++;
	}
	assert_in_range(passed, 0, 999);
	test_serve(p->b);
	assert_int_equal(task_join(t, SOON, &result), CHANNEL_OK);
	assert_int_equal(result, 0);
	test_take(p->b);
}

static const struct CMUnitTest tests[] = {
	TEST(one_starts_more_calls_than_there_is_room_for),
	TEST(a_short_call_waits_for_no_long_replies),
	TEST(a_task_waits_for_the_mailbox_while_others_give_up),
	TEST(a_long_reply_is_whole_whoever_takes_it),
	TEST(one_who_only_asks_again_takes_replies_too),
	TEST(short_calls_do_not_keep_a_long_one_from_its_room),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("calls and room", tests, NULL, NULL);
}
