/* SPDX-License-Identifier: MIT */
/* Services and tasks: who waits to accept or to connect holds up nobody else. */
#include "ipc/call.h"
#include "ipc/channel_stream.h"
#include "ipc/task.h"
#include "tests/unit/service_case.h"

#define TEST_CLIENTS 12

static struct {
	struct service *loop;
	struct task *tasks[TEST_CLIENTS];
	unsigned served, turns;
	int error;
} test;

static struct task *spawn(int (*run)(void *arg), const void *arg)
{
	struct task *t = task_spawn(run, (void *)(uintptr_t)arg, 0);

	assert_non_null(t);
	return t;
}

static int join(struct task *t)
{
	int result = -1;

	assert_int_equal(task_join(t, test_in(5000 * MS), &result), CHANNEL_OK);
	return result;
}

/* Back with whatever comes, doubled, until the client has dropped. */
static int serves(void *arg)
{
	struct channel *ch = arg;
	unsigned number;
	size_t len;

	while (channel_recv(ch, &number, sizeof(number), &len, CHANNEL_FOREVER) == CHANNEL_OK) {
		number *= 2;
		channel_send(ch, &number, sizeof(number), CHANNEL_FOREVER);
		test.served++;
	}
	return (int)channel_drop(ch);
}

static int accepts(void *arg)
{
	enum channel_status status;
	struct channel *ch;

	(void)arg;
	while ((status = service_accept(test.loop, CHANNEL_FOREVER, &ch)) == CHANNEL_OK)
		task_detach(spawn(serves, ch));
	return (int)status;
}

static int connects(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg, back = 0;
	struct channel *ch = channel_connect("loop", CHANNEL_FOREVER);
	size_t len;

	if (!ch)
		return test.error = errno;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(channel_send(ch, &number, sizeof(number), CHANNEL_FOREVER),
				 CHANNEL_OK);
		assert_int_equal(channel_recv(ch, &back, sizeof(back), &len, CHANNEL_FOREVER),
				 CHANNEL_OK);
		assert_int_equal(back, 2 * number);
		task_yield();
	}
	return (int)channel_drop(ch);
}

static int takes_turns(void *arg)
{
	(void)arg;
	while (task_sleep(test_in(MS / 10)) == CHANNEL_OK)
		test.turns++;
	return 0;
}

static int ends(void *arg)
{
	(void)arg;
	return 0;
}

/* The scheduler is nobody's: between two tests all components end, and it goes on. */
static int group_setup(void **state)
{
	test_component = COMPONENT_NONE;
	return join(spawn(ends, NULL)) || test_table(state);
}

static int loop_setup(void **state)
{
	test_lives_begin();
	test.loop = test_listen(SELF, "loop");
	test.served = test.turns = 0;
	test.error = 0;
	*state = test.loop;
	return !test.loop;
}

/* More of them than there are connections: they wait for each other's. */
static void tasks_of_one_component_talk_through_its_service(void **state)
{
	struct task *server = spawn(accepts, NULL);

	(void)state;
	for (uintptr_t i = 0; i < TEST_CLIENTS; i++)
		test.tasks[i] = spawn(connects, (void *)i);
	for (unsigned i = 0; i < TEST_CLIENTS; i++)
		assert_int_equal(join(test.tasks[i]), 0);
	assert_int_equal(test.served, 5 * TEST_CLIENTS);
	service_close(test.loop);
	assert_int_equal(join(server), CHANNEL_CLOSED);
	assert_null(test.loop->queue);
}

static void the_others_go_on_while_one_accepts_or_connects(void **state)
{
	struct task *turns = spawn(takes_turns, NULL);
	struct channel *ch[4], *none;

	(void)state;
	/* On a busy machine all of it may go by before anybody's turn. */
	do
		assert_int_equal(service_accept(test.loop, test_in(20 * MS), &none), CHANNEL_AGAIN);
	while (!test.turns);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(ch[i] = channel_connect("loop", CHANNEL_NOW));
	test.turns = 0;
	do {
		assert_null(channel_connect("loop", test_in(20 * MS)));
		assert_int_equal(errno, ETIMEDOUT);
	} while (!test.turns);
	task_cancel(turns);
	join(turns);
}

static int waits_to_connect(void *arg)
{
	(void)arg;
	return channel_connect("loop", CHANNEL_FOREVER) ? 0 : errno;
}

static int waits_to_accept(void *arg)
{
	struct channel *ch;

	(void)arg;
	return (int)service_accept(test.loop, CHANNEL_FOREVER, &ch);
}

static void a_task_that_waits_is_cancelled_and_leaves_nothing(void **state)
{
	struct task *t = spawn(waits_to_accept, NULL);
	struct channel *ch[4];

	(void)state;
	task_yield();
	task_cancel(t);
	assert_int_equal(join(t), CHANNEL_CANCELLED);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(ch[i] = channel_connect("loop", CHANNEL_NOW));
	for (unsigned i = 0; i < 3 * SERVICE_WAITERS; i++) {
		t = spawn(waits_to_connect, NULL);
		task_yield();
		task_cancel(t);
		assert_int_equal(join(t), ECANCELED);
	}
	assert_null(test.loop->queue);
}

static void so_many_tasks_may_wait_and_no_more(void **state)
{
	struct task *t[SERVICE_WAITERS + 1];
	struct channel *ch[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(ch[i] = channel_connect("loop", CHANNEL_NOW));
	for (unsigned i = 0; i < SERVICE_WAITERS + 1; i++)
		t[i] = spawn(waits_to_connect, NULL);
	assert_int_equal(join(t[SERVICE_WAITERS]), EMFILE);
	service_close(test.loop);
	for (unsigned i = 0; i < SERVICE_WAITERS; i++)
		assert_int_equal(join(t[i]), ECONNREFUSED);
}

static void a_request_to_stop_ends_both_waits(void **state)
{
	struct task *accept = spawn(waits_to_accept, NULL),
		    *connect = spawn(waits_to_connect, NULL);

	(void)state;
	service_close(test.loop);
	channel_table_end(SERVER, true);
	channel_table_begin(SERVER);
	join(accept);
	assert_int_equal(join(connect), ECONNREFUSED);
	test_listen(SELF, "loop");
	accept = spawn(waits_to_accept, NULL);
	task_yield();
	channel_table_stop(SELF);
	assert_int_equal(join(accept), CHANNEL_STOPPING);
	assert_int_equal(service_accept(test.loop, CHANNEL_FOREVER, &(struct channel *){0}),
			 CHANNEL_STOPPING);
}

static int answers_calls(void *arg)
{
	const void *request;
	uint64_t id;
	size_t len;

	while (call_receive(arg, CHANNEL_FOREVER, &id, &request, &len) == CHANNEL_OK) {
		call_reply(arg, id, request, len, CHANNEL_FOREVER);
		channel_release(arg);
	}
	return (int)channel_drop(arg);
}

static void calls_and_streams_work_on_a_connection(void **state)
{
	struct channel *a, *b;
	struct channel_writer w;
	struct channel_reader r;
	struct call_client client;
	const void *msg;
	void *room;
	char reply[8];
	size_t len;
	struct task *t;

	for (unsigned turn = 0; turn < 20; turn++) {
		a = channel_connect("loop", CHANNEL_NOW);
		b = test_accept(*state);
		w = channel_writer_open(a);
		r = channel_reader_open(b);
		for (unsigned i = 0; i < 1000; i++) {
			assert_int_equal(channel_writer_room(&w, 4, CHANNEL_NOW, &room),
					 CHANNEL_OK);
			memcpy(room, &i, 4);
			assert_int_equal(channel_writer_commit(&w, 4), CHANNEL_OK);
			assert_int_equal(channel_reader_next(&r, CHANNEL_NOW, &msg, &len),
					 CHANNEL_OK);
			assert_memory_equal(msg, &i, 4);
			assert_int_equal(channel_reader_done(&r), CHANNEL_OK);
		}
		channel_writer_close(&w);
		channel_reader_close(&r);
		t = spawn(answers_calls, b);
		call_client_init(&client, a);
		for (unsigned i = 0; i < 10; i++) {
			assert_int_equal(call_make(&client, "four", 4, reply, sizeof(reply), &len,
						   CHANNEL_FOREVER),
					 CHANNEL_OK);
			assert_int_equal(len, 4);
			assert_memory_equal(reply, "four", 4);
		}
		assert_int_equal(channel_drop(a), CHANNEL_OK);
		assert_int_equal(join(t), CHANNEL_OK);
		assert_int_equal(
			call_make(&client, "four", 4, reply, sizeof(reply), &len, CHANNEL_FOREVER),
			CHANNEL_MISUSE);
	}
}

static void test_call(struct call_client *c, struct channel *ch, struct call *call, char *reply)
{
	const struct channel_part part = {"call", 4};

	call_client_init(c, ch);
	assert_int_equal(call_start(c, call, &part, 1, reply, 8, CHANNEL_NOW), CHANNEL_OK);
}

static uint64_t test_request(struct channel *ch)
{
	const void *request;
	uint64_t id;
	size_t len;

	assert_int_equal(call_receive(ch, CHANNEL_NOW, &id, &request, &len), CHANNEL_OK);
	assert_int_equal(channel_release(ch), CHANNEL_OK);
	return id;
}

static void a_request_is_not_answered_to_the_next_client(void **state)
{
	struct channel *a = channel_connect("loop", CHANNEL_NOW), *b = test_accept(*state), *next;
	struct call_client client;
	struct call call;
	char reply[8];
	uint64_t id;

	test_call(&client, a, &call, reply);
	id = test_request(b);
	call_drop(&client, &call);
	assert_int_equal(channel_drop(a), CHANNEL_OK);
	assert_int_equal(channel_drop(b), CHANNEL_OK);
	assert_int_equal(call_reply(b, id, "old", 3, CHANNEL_NOW), CHANNEL_MISUSE);
	for (unsigned i = 0; i < 4; i++) { /* the others of the pool come first */
		a = channel_connect("loop", CHANNEL_NOW);
		next = test_accept(*state);
		if (next == b)
			break;
	}
	assert_ptr_equal(next, b);
	test_call(&client, a, &call, reply);
	assert_int_not_equal(test_request(b), id);
	assert_int_equal(call_reply(b, id, "old", 3, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(call_wait(&client, &call, CHANNEL_NOW), CHANNEL_AGAIN);
	call_drop(&client, &call);
}

#define TEST(name) cmocka_unit_test_setup(name, loop_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tasks_of_one_component_talk_through_its_service),
		TEST(the_others_go_on_while_one_accepts_or_connects),
		TEST(a_task_that_waits_is_cancelled_and_leaves_nothing),
		TEST(so_many_tasks_may_wait_and_no_more),
		TEST(a_request_to_stop_ends_both_waits),
		TEST(calls_and_streams_work_on_a_connection),
		TEST(a_request_is_not_answered_to_the_next_client),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
