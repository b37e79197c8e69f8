/* SPDX-License-Identifier: MIT */
/* Sets: what is reported, in what order, at what cost, and that no wake-up is lost. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "container/kernel_calls.h"
#include "ipc/monotonic.h"
#include "ipc/set_member.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"

#define MS UINT64_C(1000000)
#define PAIRS 200

static struct channel_pair pairs[PAIRS];
static struct channel_set *set;

static int set_setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PAIRS; i++)
		channel_pair_init(&pairs[i], TEST_RING, 0);
	test_component = 3;
	set = channel_set_new();
	return set == NULL;
}

static int set_teardown(void **state)
{
	(void)state;
	channel_set_free(set);
	for (unsigned i = 0; i < PAIRS; i++)
		channel_pair_free(&pairs[i]);
	return 0;
}

/* Every pair's b, to be received on; the tag is the pair. */
static void add_all(void)
{
	for (unsigned i = 0; i < PAIRS; i++)
		assert_non_null(channel_set_receive(set, pairs[i].b, &pairs[i]));
}

static void assert_ready(const void *want)
{
	void *tag = NULL;

	assert_int_equal(channel_set_wait(set, monotonic_now() + 5000 * MS, &tag), CHANNEL_OK);
	assert_ptr_equal(tag, want);
}

static void assert_none(uint64_t deadline)
{
	void *tag;

	assert_int_equal(channel_set_wait(set, deadline, &tag), CHANNEL_AGAIN);
}

/* Wait until all members are cold: how long that takes depends on who else wants the processor. */
static void go_cold(void)
{
	uint64_t patience = monotonic_now() + 10000 * MS;

	do
		assert_none(monotonic_now() + 2 * MS);
	while (set->hot_count && monotonic_now() < patience);
	assert_int_equal(set->hot_count, 0);
}

static void an_empty_set_waits_for_its_deadline(void **state)
{
	uint64_t deadline = monotonic_now() + 10 * MS;

	(void)state;
	assert_none(CHANNEL_NOW);
	assert_none(deadline);
	assert_true(monotonic_now() >= deadline);
}

static void a_message_makes_its_endpoint_ready_until_it_is_received(void **state)
{
	(void)state;
	add_all();
	assert_none(CHANNEL_NOW);
	assert_send(pairs[7].a, "seven");
	assert_ready(&pairs[7]);
	assert_ready(&pairs[7]);
	assert_recv(pairs[7].b, "seven");
	assert_none(CHANNEL_NOW);
}

static void cold_members_cost_nothing_and_are_told(void **state)
{
	(void)state;
	add_all();
	go_cold();
	for (unsigned i = 0; i < 50; i++) {
		unsigned at = i * 13 % PAIRS;

		assert_send(pairs[at].a, "news");
		assert_ready(&pairs[at]);
		assert_int_equal(set->hot_count, 1);
		assert_recv(pairs[at].b, "news");
		go_cold();
	}
}

static void members_that_bring_nothing_cool_down_while_others_are_busy(void **state)
{
	(void)state;
	add_all();
	for (unsigned i = 0; i < 100; i++) {
		assert_send(pairs[7].a, "busy");
		assert_ready(&pairs[7]);
		assert_recv(pairs[7].b, "busy");
	}
	assert_int_equal(set->hot_count, 1);
	assert_send(pairs[8].a, "news");
	assert_ready(&pairs[8]);
}

static void ready_members_are_reported_in_turn(void **state)
{
	void *turn[5], *tag;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_non_null(channel_set_receive(set, pairs[i].b, &pairs[i]));
		/* The first one would never run dry. */
		for (unsigned n = 0; n < (i ? 10 : 100); n++)
			assert_send(pairs[i].a, "x");
	}
	for (unsigned n = 0; n < 50; n++) {
		struct channel_pair *p;

		assert_int_equal(channel_set_wait(set, CHANNEL_NOW, &tag), CHANNEL_OK);
		p = tag;
		assert_recv(p->b, "x");
		if (n >= 5)
			assert_ptr_equal(tag, turn[n % 5]);
		turn[n % 5] = tag;
	}
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(test_recv(pairs[i].b, CHANNEL_NOW), CHANNEL_AGAIN);
}

static void a_newcomer_has_its_turn_among_the_busy(void **state)
{
	struct channel_pair *p = &pairs[9];
	unsigned waits = 0;
	void *tag = NULL;

	(void)state;
	add_all();
	go_cold();
	for (unsigned i = 0; i < 4; i++)
		test_stuff(pairs[i].a, 8);
	assert_ready(&pairs[0]);
	assert_send(p->a, "late");
	for (; tag != p; waits++)
		assert_int_equal(channel_set_wait(set, CHANNEL_NOW, &tag), CHANNEL_OK);
	assert_in_range(waits, 1, 5);
}

static void room_makes_a_sender_ready(void **state)
{
	struct channel_pair *p = &pairs[0];
	void *room;

	(void)state;
	assert_non_null(channel_set_send(set, p->a, 1000, p));
	assert_ready(p);
	assert_int_equal(channel_commit(p->a, 0), CHANNEL_MISUSE);
	test_stuff(p->a, 0);
	go_cold();
	for (unsigned n = 0; n < TEST_RING / 8 - 1; n++)
		assert_int_equal(test_recv(p->b, CHANNEL_NOW), CHANNEL_OK);
	assert_ready(p);
	assert_int_equal(channel_reserve(p->a, 1000, CHANNEL_NOW, &room), CHANNEL_OK);
}

static void what_is_closed_is_ready(void **state)
{
	struct channel_member *m = channel_set_receive(set, pairs[0].b, &pairs[0]);

	(void)state;
	assert_non_null(channel_set_send(set, pairs[1].b, 8, &pairs[1]));
	test_stuff(pairs[1].b, 0);
	go_cold();
	channel_finish(pairs[0].a);
	assert_ready(&pairs[0]);
	assert_ready(&pairs[0]);
	assert_int_equal(test_recv(pairs[0].b, CHANNEL_NOW), CHANNEL_CLOSED);
	channel_member_remove(m);
	channel_close(pairs[1].a);
	assert_ready(&pairs[1]);
}

static void a_removed_member_is_not_reported(void **state)
{
	struct channel_member *m = channel_set_receive(set, pairs[0].b, NULL);

	(void)state;
	go_cold();
	assert_int_not_equal(pairs[0].there.control->flag.receiver, 0);
	channel_member_remove(m);
	assert_int_equal(pairs[0].there.control->flag.receiver, 0);
	assert_send(pairs[0].a, "x");
	assert_none(CHANNEL_NOW);
	m = channel_set_receive(set, pairs[0].b, &pairs[0]);
	assert_ready(&pairs[0]);
	channel_member_remove(m);
	assert_none(CHANNEL_NOW);
}

static void a_call_that_waits_by_itself_takes_nothing_from_the_set(void **state)
{
	(void)state;
	assert_non_null(channel_set_receive(set, pairs[0].b, &pairs[0]));
	go_cold();
	assert_int_equal(test_recv(pairs[0].b, monotonic_now() + 2 * MS), CHANNEL_AGAIN);
	assert_send(pairs[0].a, "x");
	assert_ready(&pairs[0]);
}

static void timers_are_reported_once_and_in_order(void **state)
{
	static uint64_t deadlines[300];
	struct channel_member *timers[300];
	uint64_t begin = monotonic_now(), last = 0, x = 88172645463325252;
	void *tag;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		deadlines[i] = begin + x % (5 * MS);
		timers[i] = channel_set_timer(set, begin + 1000 * MS, &deadlines[i]);
		assert_non_null(timers[i]);
	}
	for (unsigned i = 0; i < 300; i++)
		channel_member_time(timers[i], deadlines[i]);
	for (unsigned i = 0; i < 300; i += 3)
		channel_member_remove(timers[i]);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(channel_set_wait(set, CHANNEL_FOREVER, &tag), CHANNEL_OK);
		assert_true((uint64_t *)tag >= deadlines && (uint64_t *)tag < deadlines + 300);
		assert_true(*(uint64_t *)tag <= monotonic_now());
		assert_true(*(uint64_t *)tag >= last);
		last = *(uint64_t *)tag;
	}
	assert_none(CHANNEL_NOW);
	channel_member_time(timers[1], begin);
	assert_ready(&deadlines[1]);
}

static void an_event_is_reported_once_however_often_it_was_raised(void **state)
{
	struct channel_member *event = channel_set_event(set, &set);

	(void)state;
	assert_none(CHANNEL_NOW);
	channel_member_raise(event);
	channel_member_raise(event);
	assert_ready(&set);
	assert_none(CHANNEL_NOW);
	go_cold();
	channel_member_raise(event);
	assert_ready(&set);
	assert_none(CHANNEL_NOW);
}

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
		assert_int_equal(channel_set_wait(other, monotonic_now() + MS, &(void *){0}),
				 CHANNEL_AGAIN);
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
	assert_none(monotonic_now() + MS);
	assert_int_equal(channel_peek(pairs[3].b, monotonic_now() + MS, &msg, &len), CHANNEL_AGAIN);
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

static void *stop_later(void *unused)
{
	(void)unused;
	nanosleep(&(struct timespec){.tv_nsec = 5 * (long)MS}, NULL);
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
	assert_int_equal(pthread_create(&id, NULL, stop_later, NULL), 0);
	assert_int_equal(channel_set_wait(set, CHANNEL_FOREVER, &tag), CHANNEL_STOPPING);
	pthread_join(id, NULL);
	assert_none(monotonic_now() + MS);
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
		/* Long enough now and then for the set to park. */
		if (i % 64 == 0)
			nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
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

		assert_int_equal(channel_set_wait(set, monotonic_now() + 20000 * MS, &tag),
				 CHANNEL_OK);
		p = tag;
		assert_recv(p->b, "there");
		assert_send(p->b, "back");
	}
	pthread_join(id, NULL);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_setup, set_teardown)

static const struct CMUnitTest tests[] = {
	TEST(an_empty_set_waits_for_its_deadline),
	TEST(a_message_makes_its_endpoint_ready_until_it_is_received),
	TEST(cold_members_cost_nothing_and_are_told),
	TEST(members_that_bring_nothing_cool_down_while_others_are_busy),
	TEST(ready_members_are_reported_in_turn),
	TEST(a_newcomer_has_its_turn_among_the_busy),
	TEST(room_makes_a_sender_ready),
	TEST(what_is_closed_is_ready),
	TEST(a_removed_member_is_not_reported),
	TEST(a_call_that_waits_by_itself_takes_nothing_from_the_set),
	TEST(timers_are_reported_once_and_in_order),
	TEST(an_event_is_reported_once_however_often_it_was_raised),
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
	failed = cmocka_run_group_tests_name("sets", tests, NULL, NULL);
	bell_mode.fenced = true;
	return failed + cmocka_run_group_tests_name("sets, fenced", tests, NULL, NULL);
}
