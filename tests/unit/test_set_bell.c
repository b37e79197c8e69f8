/* SPDX-License-Identifier: MIT */
/* Bells of sets: how many there are, whom they name, and that no wake-up is lost. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "container/kernel_calls.h"
#include "tests/unit/set_case.h"

static void *raise_often(void *event)
{
	for (unsigned i = 0; i < 20000; i++)
		channel_member_raise(event);
	return NULL;
}

static void no_event_of_other_threads_is_lost(void **state)
{
	struct channel_member *event = channel_set_event(set, &set);
	pthread_t threads[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, raise_often, event), 0);
	assert_ready(&set);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	channel_member_raise(event);
	assert_ready(&set);
	assert_none(CHANNEL_NOW);
}

static void numbers_that_name_nobody_do_no_harm(void **state)
{
	(void)state;
	add_all();
	go_cold();
	for (unsigned i = 0; i < PAIRS; i++) {
		__atomic_fetch_or(&pairs[i].there.control->flag.receiver,
				  (i * UINT32_C(2654435761) << BELL_WHOM_SHIFT) | BELL_PARKED,
				  __ATOMIC_RELAXED);
		assert_send(pairs[i].a, "x");
	}
	for (uint32_t whom = 0; whom < UINT32_MAX - 99999; whom += 99991)
		bell_tell(whom);
	for (unsigned i = 0; i < 3 * PAIRS; i++) {
		set_look(set, 1);
		assert_true(set->hot_count <= PAIRS);
	}
}

static void a_set_that_is_gone_can_still_be_told(void **state)
{
	struct channel_set *other = channel_set_new();

	(void)state;
	assert_non_null(channel_set_receive(other, pairs[0].b, NULL));
	while (other->hot_count)
		assert_int_equal(channel_set_wait(other, test_in(MS), &(void *){0}), CHANNEL_AGAIN);
	bell_sets_end(test_component);
	assert_int_equal(channel_set_wait(other, CHANNEL_FOREVER, &(void *){0}), CHANNEL_CLOSED);
	assert_send(pairs[0].a, "x");
	channel_set_free(other);
	assert_recv(pairs[0].b, "x");
}

static long kernel_wait(uint32_t *word, uint32_t expected, uint64_t deadline)
{
	struct timespec at = monotonic_timespec(deadline);

	return syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, &at, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

static long kernel_wake(uint32_t *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* As in a guest, where the peer is on the same core. */
static void who_waits_for_a_member_by_itself_does_not_hide_it_from_the_set(void **state)
{
	static const struct kernel_calls calls = {.wait = kernel_wait, .wake = kernel_wake};
	const struct kernel_calls *before = bell_mode.kernel;
	const void *msg;
	size_t len;

	(void)state;
	bell_mode.kernel = &calls;
	pairs[3].a->beside = pairs[3].b->beside = true;
	assert_non_null(channel_set_receive(set, pairs[3].b, &pairs[3]));
	assert_none(test_in(MS));
	assert_int_equal(channel_peek(pairs[3].b, test_in(MS), &msg, &len), CHANNEL_AGAIN);
	assert_none(CHANNEL_NOW);
	assert_int_equal(channel_send(pairs[3].a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
	assert_ready(&pairs[3]);
	bell_mode.kernel = before;
}

static void there_are_as_many_sets_as_bells(void **state)
{
	struct channel_set *sets[BELL_SETS];
	unsigned n = 0;

	(void)state;
	while ((sets[n] = channel_set_new()))
		n++;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(n, BELL_SETS - 1);
	while (n--)
		channel_set_free(sets[n]);
}

static void there_is_a_member_for_each_bit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CHANNEL_SET_MAX; i++)
		assert_non_null(channel_set_event(set, NULL));
	assert_null(channel_set_event(set, NULL));
	assert_int_equal(errno, ENOSPC);
	for (unsigned i = 0; i < CHANNEL_SET_MAX; i += 5)
		channel_member_raise(set->slots[i]);
	for (unsigned i = 0; i < CHANNEL_SET_MAX; i += 5)
		assert_ready(NULL);
	assert_none(CHANNEL_NOW);
}

static void *stop_sleeper(void *unused)
{
	(void)unused;
	test_until_asleep(&set->bell->flag);
	bell_sets_stop(3);
	return NULL;
}

static void asked_to_stop_a_wait_for_ever_says_so(void **state)
{
	struct channel_set *other;
	pthread_t id;
	void *tag;

	(void)state;
	add_all();
	assert_int_equal(pthread_create(&id, NULL, stop_sleeper, NULL), 0);
	assert_int_equal(channel_set_wait(set, CHANNEL_FOREVER, &tag), CHANNEL_STOPPING);
	pthread_join(id, NULL);
	assert_none(test_in(MS));
	assert_send(pairs[0].a, "x");
	assert_ready(&pairs[0]);
	other = channel_set_new();
	assert_int_equal(channel_set_wait(other, CHANNEL_FOREVER, &tag), CHANNEL_STOPPING);
	channel_set_free(other);
	bell_sets_begin(3);
}

#define ROUNDS 3000

/* Sends one message to this pair, then to that, and waits for each to come back. */
static void *call_around(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct channel_pair *p = &pairs[i * 7 % PAIRS];

		assert_send(p->a, "there");
		assert_int_equal(test_recv(p->a, CHANNEL_FOREVER), CHANNEL_OK);
		if (i % 64 == 0)
			test_until_asleep(&set->bell->flag);
	}
	return NULL;
}

static void no_message_among_many_endpoints_is_slept_through(void **state)
{
	pthread_t id;
	void *tag;

	(void)state;
	add_all();
	assert_int_equal(pthread_create(&id, NULL, call_around, NULL), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct channel_pair *p;

		assert_int_equal(channel_set_wait(set, test_in(20000 * MS), &tag), CHANNEL_OK);
		p = tag;
		assert_recv(p->b, "there");
		assert_send(p->b, "back");
	}
	pthread_join(id, NULL);
}

static const struct CMUnitTest tests[] = {
	TEST(no_event_of_other_threads_is_lost),
	TEST(numbers_that_name_nobody_do_no_harm),
	TEST(a_set_that_is_gone_can_still_be_told),
	TEST(who_waits_for_a_member_by_itself_does_not_hide_it_from_the_set),
	TEST(there_are_as_many_sets_as_bells),
	TEST(there_is_a_member_for_each_bit),
	TEST(asked_to_stop_a_wait_for_ever_says_so),
	TEST(no_message_among_many_endpoints_is_slept_through),
};

int main(void)
{
	int failed;

	bell_init();
	failed = cmocka_run_group_tests_name("bells of sets", tests, NULL, NULL);
	bell_mode.fenced = true;
	return failed + cmocka_run_group_tests_name("bells of sets, fenced", tests, NULL, NULL);
}
