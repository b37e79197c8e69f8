/* SPDX-License-Identifier: MIT */
/* Tasks: turns, waits that hold up nobody else, ends, cancellation. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "ipc/endpoint.h"
#include "tests/unit/channel_pair.h"
#include "tests/unit/task_case.h"

static char trail[64];

static void leave_trail(char mark)
{
	size_t n = strlen(trail);

	assert_true(n + 1 < sizeof(trail));
	trail[n] = mark;
	trail[n + 1] = 0;
}

static int marks_thrice(void *arg)
{
	const char *mark = arg;

	for (unsigned i = 0; i < 3; i++) {
		leave_trail(*mark);
		task_yield();
	}
	return *mark;
}

static void tasks_take_turns(void **state)
{
	struct task *a, *b;

	(void)state;
	trail[0] = 0;
	a = spawn(marks_thrice, "a");
	b = spawn(marks_thrice, "b");
	leave_trail('0');
	assert_int_equal(join(b), 'b');
	assert_int_equal(join(a), 'a');
	assert_string_equal(trail, "0ababab");
}

static uint64_t sleeps_from, sleeps_for; /* times the digit */

static int sleeps(void *arg)
{
	const char *mark = arg;

	assert_int_equal(task_sleep(sleeps_from + (uint64_t)(*mark - '0') * sleeps_for),
			 CHANNEL_OK);
	leave_trail(*mark);
	return 0;
}

static void sleepers_wake_in_the_order_of_their_deadlines(void **state)
{
	bool asleep = false; /* all of them, before the first deadline */

	(void)state;
	for (sleeps_for = MS; !asleep; sleeps_for *= 2) {
		struct task *c, *a, *b;

		trail[0] = 0;
		sleeps_from = monotonic_now();
		c = spawn(sleeps, "3");
		a = spawn(sleeps, "1");
		b = spawn(sleeps, "2");
		task_yield();
		asleep = monotonic_now() < sleeps_from + sleeps_for;
		join(a);
		join(b);
		join(c);
		assert_in_range(monotonic_now(), sleeps_from + 3 * sleeps_for, UINT64_MAX);
	}
	assert_string_equal(trail, "123");
}

static int echoes(void *arg)
{
	struct channel *ch = arg;
	enum channel_status status;
	const void *msg;
	size_t len;
	int n = 0;

	while ((status = channel_peek(ch, CHANNEL_FOREVER, &msg, &len)) == CHANNEL_OK) {
		assert_int_equal(channel_send(ch, msg, len, CHANNEL_FOREVER), CHANNEL_OK);
		channel_release(ch);
		n++;
	}
	assert_int_equal(status, CHANNEL_CLOSED);
	return n;
}

static void a_call_that_waits_holds_up_its_task_alone(void **state)
{
	struct channel_pair *p = *state;
	struct task *echo = spawn(echoes, p->b);
	char buf[8];
	size_t len;

	for (int i = 0; i < 5000; i++) {
		assert_int_equal(channel_send(p->a, &i, sizeof(i), CHANNEL_FOREVER), CHANNEL_OK);
		assert_int_equal(channel_recv(p->a, buf, sizeof(buf), &len, CHANNEL_FOREVER),
				 CHANNEL_OK);
		assert_memory_equal(buf, &i, sizeof(i));
	}
	channel_close(p->a);
	assert_int_equal(join(echo), 5000);
}

static int stuffs(void *arg)
{
	struct channel *ch = arg;

	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(channel_send(ch, "12345678", 8, CHANNEL_FOREVER), CHANNEL_OK);
	channel_finish(ch);
	return 0;
}

static void a_task_that_waits_for_room_goes_on_when_there_is(void **state)
{
	struct channel_pair *p = *state;
	struct task *t = spawn(stuffs, p->a);
	unsigned n = 0;

	while (test_recv(p->b, CHANNEL_FOREVER) == CHANNEL_OK)
		n++;
	assert_int_equal(n, 2000);
	join(t);
}

static void deadlines_hold_in_tasks(void **state)
{
	struct channel_pair *p = *state;
	struct task *echo = spawn(echoes, p->b);
	uint64_t deadline = test_in(5 * MS);

	assert_int_equal(test_recv(p->a, deadline), CHANNEL_AGAIN);
	assert_in_range(monotonic_now(), deadline, UINT64_MAX);
	assert_int_equal(task_join(echo, test_in(MS), NULL), CHANNEL_AGAIN);
	assert_int_equal(task_join(echo, CHANNEL_NOW, NULL), CHANNEL_AGAIN);
	channel_close(p->a);
	assert_int_equal(join(echo), 0);
}

static void *echo_thread(void *arg)
{
	test_component = 5;
	return (void *)(uintptr_t)echoes(arg);
}

static int calls(void *arg)
{
	struct channel *ch = arg;
	unsigned n;

	for (n = 0; n < 1000; n++) {
		assert_int_equal(channel_send(ch, "x", 1, CHANNEL_FOREVER), CHANNEL_OK);
		assert_int_equal(test_recv(ch, CHANNEL_FOREVER), CHANNEL_OK);
		/* Long enough now and then for the thread to sleep. */
		if (n % 100 == 0)
			task_sleep(test_in(MS / 2));
	}
	channel_finish(ch);
	return 0;
}

static void tasks_of_one_thread_and_other_threads_talk(void **state)
{
	struct channel_pair pairs[4];
	struct task *tasks[4];
	pthread_t threads[4];
	void *n;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		channel_pair_init(&pairs[i], TEST_RING, 0);
		assert_int_equal(pthread_create(&threads[i], NULL, echo_thread, pairs[i].b), 0);
		tasks[i] = spawn(calls, pairs[i].a);
	}
	for (unsigned i = 0; i < 4; i++) {
		join(tasks[i]);
		pthread_join(threads[i], &n);
		assert_int_equal((uintptr_t)n, 1000);
		channel_pair_free(&pairs[i]);
	}
}

static int waits_for_ever(void *arg)
{
	struct channel *ch = arg;

	if (!ch)
		return (int)task_sleep(CHANNEL_FOREVER);
	return (int)test_recv(ch, CHANNEL_FOREVER);
}

static int joins(void *arg)
{
	return (int)task_join(arg, CHANNEL_FOREVER, NULL);
}

static void a_cancelled_task_waits_no_more(void **state)
{
	struct channel_pair *p = *state;
	struct task *r = spawn(waits_for_ever, p->a), *s = spawn(waits_for_ever, NULL);
	struct task *j = spawn(joins, s), *early = spawn(waits_for_ever, p->b);

	task_cancel(early);
	task_yield();
	task_cancel(r);
	task_cancel(j);
	assert_int_equal(join(r), CHANNEL_CANCELLED);
	assert_int_equal(join(j), CHANNEL_CANCELLED);
	assert_int_equal(join(early), CHANNEL_CANCELLED);
	assert_int_equal(task_join(s, CHANNEL_NOW, NULL), CHANNEL_AGAIN);
	task_cancel(s);
	assert_int_equal(join(s), CHANNEL_CANCELLED);
	assert_false(task_cancelled());
}

static void asked_to_stop_waits_for_ever_end(void **state)
{
	struct task *s = spawn(waits_for_ever, NULL);
	struct task *later = spawn(sleeps, "1");

	(void)state;
	sleeps_from = monotonic_now();
	sleeps_for = 5 * MS;
	task_yield();
	bell_sets_stop(3);
	assert_int_equal(task_sleep(CHANNEL_FOREVER), CHANNEL_STOPPING);
	assert_int_equal(task_sleep(test_in(10 * MS)), CHANNEL_OK);
	assert_int_equal(join(s), CHANNEL_STOPPING);
	assert_int_equal(join(later), 0);
	bell_sets_begin(3);
}

static int misuses(void *arg)
{
	assert_int_equal(task_join(task_self(), CHANNEL_FOREVER, NULL), CHANNEL_MISUSE);
	assert_int_equal(task_join(arg, CHANNEL_FOREVER, NULL), CHANNEL_MISUSE);
	return 0;
}

static void to_join_oneself_or_the_first_task_is_misuse(void **state)
{
	(void)state;
	join(spawn(misuses, task_self()));
	assert_ptr_not_equal(task_self(), NULL);
}

static int sums(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg, sum = 0;

	for (unsigned i = 0; i < n % 7; i++) {
		sum += i;
		task_yield();
	}
	return (int)(n + sum);
}

static void a_thousand_tasks_come_and_go(void **state)
{
	struct task *tasks[1000];

	(void)state;
	for (uintptr_t i = 0; i < 1000; i++) {
		tasks[i] = task_spawn(sums, (void *)i, TASK_STACK_MIN);
		assert_non_null(tasks[i]);
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(join(tasks[i]), i + i % 7 * (i % 7 - 1) / 2);
}

static void a_detached_task_is_taken_away_when_it_ends(void **state)
{
	struct task *ended = spawn(sums, NULL);

	(void)state;
	task_yield();
	task_detach(ended);
	for (uintptr_t i = 0; i < 100; i++)
		task_detach(spawn(sums, (void *)i));
	for (unsigned i = 0; i < 10; i++)
		task_yield();
	assert_int_equal(task_scheduler->count, 1);
}

static int waits_for_a_message(void *arg)
{
	const void *msg;
	size_t len;

	channel_peek(arg, CHANNEL_FOREVER, &msg, &len);
	fail_msg("went on behind the end of its thread");
	return 0;
}

static int waits_for_long(void *arg)
{
	(void)arg;
	task_sleep(test_in(1000000 * MS));
	fail_msg("went on behind the end of its thread");
	return 0;
}

/* Tasks that wait, that have ended, that have not begun: and then the thread ends. */
static void *leaves_tasks_behind(void *arg)
{
	test_component = 3;
	spawn(waits_for_a_message, arg);
	spawn(waits_for_long, NULL);
	spawn(sums, arg);
	task_detach(spawn(sums, arg));
	for (unsigned i = 0; i < 100; i++)
		task_yield();
	assert_int_equal(task_sleep(test_in(1)), CHANNEL_OK);
	spawn(waits_for_long, NULL);
	endpoint_thread_ends();
	assert_null(task_self());
	assert_null(endpoint_wait_as_task);
	return NULL;
}

static void a_thread_that_ends_takes_its_tasks_and_its_bell_along(void **state)
{
	struct channel_pair p;
	pthread_t id;

	(void)state;
	channel_pair_init(&p, TEST_RING, 0);
	for (unsigned i = 0; i < 2 * BELL_SETS; i++) {
		assert_int_equal(pthread_create(&id, NULL, leaves_tasks_behind, p.b), 0);
		pthread_join(id, NULL);
		assert_int_equal(p.there.control->flag.receiver, 0);
	}
	assert_send(p.a, "for whoever comes next");
	assert_recv(p.b, "for whoever comes next");
	channel_pair_free(&p);
}

static void no_thread_has_tasks_before_it_spawns_one(void **state)
{
	(void)state;
	assert_null(task_self());
	task_yield();
	assert_int_equal(task_sleep(CHANNEL_NOW), CHANNEL_MISUSE);
	assert_false(task_cancelled());
	assert_null(task_spawn(sums, NULL, SIZE_MAX - 4));
	assert_int_equal(errno, ENOMEM);
}

static const struct CMUnitTest tests[] = {
	TEST(tasks_take_turns),
	TEST(sleepers_wake_in_the_order_of_their_deadlines),
	TEST(a_call_that_waits_holds_up_its_task_alone),
	TEST(a_task_that_waits_for_room_goes_on_when_there_is),
	TEST(deadlines_hold_in_tasks),
	TEST(tasks_of_one_thread_and_other_threads_talk),
	TEST(a_cancelled_task_waits_no_more),
	TEST(asked_to_stop_waits_for_ever_end),
	TEST(to_join_oneself_or_the_first_task_is_misuse),
	TEST(a_thousand_tasks_come_and_go),
	TEST(a_detached_task_is_taken_away_when_it_ends),
	TEST(a_thread_that_ends_takes_its_tasks_and_its_bell_along),
};

int main(void)
{
	const struct CMUnitTest first[] = {
		cmocka_unit_test(no_thread_has_tasks_before_it_spawns_one),
	};
	int failed;

	bell_init();
	test_component = 3;
	failed = cmocka_run_group_tests_name("no tasks", first, NULL, NULL);
	return failed + cmocka_run_group_tests_name("tasks", tests, NULL, NULL);
}
