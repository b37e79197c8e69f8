/* SPDX-License-Identifier: MIT */
/* What a task that waits is told, while others of its thread never rest. */
#include "tests/unit/task_case.h"

#define TEST_COMPONENT 3

static struct {
	struct task *busy;
	bool done;
	uint64_t deadline;
} test;

/* Gives up by itself in the end, so that a failure is one. */
static int takes_turns(void *arg)
{
	uint64_t until = test_in(5000 * MS);

	(void)arg;
	while (!test.done && monotonic_now() < until)
		task_yield();
	return test.done ? 0 : 1;
}

static int joins_for_ever(void *arg)
{
	enum channel_status status = task_join(arg, CHANNEL_FOREVER, NULL);

	test.done = true;
	return (int)status;
}

static void who_joins_a_busy_task_is_told_to_stop(void **state)
{
	struct task *waits;

	(void)state;
	test.done = false;
	test.busy = spawn(takes_turns, NULL);
	waits = spawn(joins_for_ever, test.busy);
	for (unsigned i = 0; i < 10; i++)
		task_yield();
	bell_sets_stop(TEST_COMPONENT);
	while (!test.done && !test.busy->ended)
		task_yield();
	assert_int_equal(waits->result, CHANNEL_STOPPING);
	bell_sets_begin(TEST_COMPONENT);
	assert_int_equal(join(waits), CHANNEL_STOPPING);
	assert_int_equal(join(test.busy), 0);
}

static int hogs(void *arg)
{
	(void)arg;
	while (monotonic_now() < test.deadline + 5 * MS)
		;
	return 0;
}

static int receives_by_a_deadline(void *arg)
{
	return (int)test_recv(arg, test.deadline);
}

/* Behind the deadline, but the message is there. */
static void a_message_that_is_there_is_received_whatever_the_time(void **state)
{
	struct channel_pair *p = *state;
	bool in_time = false; /* on a busy machine the deadline may come before the message */

	for (uint64_t wait = 15 * MS; !in_time; wait *= 2) {
		struct task *t, *hog;
		int status;

		test.deadline = test_in(wait);
		t = spawn(receives_by_a_deadline, p->b);
		task_yield();
		assert_send(p->a, "in time");
		in_time = monotonic_now() < test.deadline;
		hog = spawn(hogs, NULL);
		assert_int_equal(join(hog), 0);
		status = join(t);
		if (status != CHANNEL_OK) {
			assert_false(in_time);
			assert_recv(p->b, "in time");
		}
	}
}

static int ends(void *arg)
{
	(void)arg;
	return 7;
}

static void a_detached_task_is_not_joined(void **state)
{
	struct task *t = spawn(ends, NULL);

	(void)state;
	task_detach(t);
	assert_int_equal(task_join(t, CHANNEL_FOREVER, NULL), CHANNEL_MISUSE);
	task_yield();
	task_yield();
}

static const struct CMUnitTest tests[] = {
	TEST(who_joins_a_busy_task_is_told_to_stop),
	TEST(a_message_that_is_there_is_received_whatever_the_time),
	TEST(a_detached_task_is_not_joined),
};

int main(void)
{
	bell_init();
	test_component = TEST_COMPONENT;
	return cmocka_run_group_tests_name("tasks that are told", tests, NULL, NULL);
}
