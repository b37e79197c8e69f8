/* SPDX-License-Identifier: MIT */
/*
 * The order around a sleep (bell.h): of a teller and a sleeper that meet, at
 * least one sees the other, in either mode. Also the bell by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "ipc/bell.h"
#include "tests/unit/waiting.h"

#define TEST_ROUNDS 50000
#define TEST_SPINS 1000

/* Apart, as in a ring: the teller's store is to be slow and its load fast. */
static struct {
	uint32_t news __attribute__((aligned(128)));
	uint32_t flag __attribute__((aligned(128)));
	uint32_t arrived __attribute__((aligned(128)));
	uint32_t teller_saw __attribute__((aligned(128)));
} test_shared;

/*
 * Both threads leave together, one by one where there is but one processor, and
 * with the word in their cache that they will load.
 */
static void test_meet(uint32_t round, uint32_t *warm)
{
	unsigned spins = 0;

	__atomic_fetch_add(&test_shared.arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&test_shared.arrived, __ATOMIC_ACQUIRE) < 2 * round) {
		__atomic_load_n(warm, __ATOMIC_RELAXED);
		if (++spins % TEST_SPINS == 0)
			sched_yield();
	}
}

/* Every distance in time at which the two may pass each other. */
static void test_stagger(uint32_t n)
{
	for (n %= 8; n; n--)
		bell_pause();
}

static void *test_teller(void *arg)
{
	for (uint32_t round = 1; round <= TEST_ROUNDS; round++) {
		test_meet(2 * round - 1, &test_shared.flag);
		test_stagger(round);
		__atomic_store_n(&test_shared.news, round, __ATOMIC_RELEASE);
		__atomic_store_n(&test_shared.teller_saw,
				 bell_look(&test_shared.flag) & BELL_PARKED, __ATOMIC_RELAXED);
		test_meet(2 * round, &test_shared.flag);
	}
	return arg;
}

/* Rounds in which neither saw the other: each would have been a lost wake-up. */
static unsigned test_lost(void)
{
	unsigned lost = 0;
	pthread_t teller;

	test_shared.news = test_shared.arrived = 0;
	assert_int_equal(pthread_create(&teller, NULL, test_teller, NULL), 0);
	for (uint32_t round = 1; round <= TEST_ROUNDS; round++) {
		bool saw;

		test_meet(2 * round - 1, &test_shared.news);
		test_stagger(round / 8);
		bell_arm(&test_shared.flag, false);
		saw = __atomic_load_n(&test_shared.news, __ATOMIC_ACQUIRE) == round;
		test_meet(2 * round, &test_shared.news);
		bell_disarm(&test_shared.flag);
		lost += !saw && !__atomic_load_n(&test_shared.teller_saw, __ATOMIC_RELAXED);
	}
	assert_int_equal(pthread_join(teller, NULL), 0);
	return lost;
}

static void no_wake_up_is_lost_with_the_barrier_on_the_sleepers_side(void **state)
{
	(void)state;
	bell_init();
	if (bell_mode.fenced)
		skip();
	assert_int_equal(test_lost(), 0);
}

static void no_wake_up_is_lost_with_the_barrier_on_the_tellers_side(void **state)
{
	(void)state;
	bell_mode.fenced = true;
	assert_int_equal(test_lost(), 0);
	bell_init();
}

static void a_bell_is_rung_only_for_a_sleeper_and_once(void **state)
{
	uint32_t flag = 6;

	(void)state;
	assert_false(bell_ring(&flag));
	assert_int_equal(bell_arm(&flag, false), 7);
	assert_int_equal(bell_look(&flag), 7);
	assert_true(bell_ring(&flag));
	assert_false(bell_ring(&flag));
	assert_int_equal(flag, 6);
	assert_int_equal(bell_arm(&flag, false), 7);
	bell_disarm(&flag);
	assert_int_equal(flag, 6);
}

static void a_flag_that_has_changed_since_it_was_armed_is_not_slept_on(void **state)
{
	uint32_t flag = 0, armed = bell_arm(&flag, false);

	(void)state;
	bell_ring(&flag);
	assert_false(bell_sleep(&flag, armed, UINT64_MAX));
	assert_int_equal(flag, 0);
}

static void a_sleep_ends_at_its_deadline(void **state)
{
	uint32_t flag = 0, armed = bell_arm(&flag, false);
	uint64_t deadline = test_in(5 * MS);

	(void)state;
	assert_false(bell_past(test_in(1000000 * MS)));
	while (!bell_past(deadline))
		bell_sleep(&flag, armed, deadline);
	assert_true(bell_sleep(&flag, armed, deadline));
	assert_true(bell_past(1));
	assert_false(bell_past(UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wake_up_is_lost_with_the_barrier_on_the_sleepers_side),
		cmocka_unit_test(no_wake_up_is_lost_with_the_barrier_on_the_tellers_side),
		cmocka_unit_test(a_bell_is_rung_only_for_a_sleeper_and_once),
		cmocka_unit_test(a_flag_that_has_changed_since_it_was_armed_is_not_slept_on),
		cmocka_unit_test(a_sleep_ends_at_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
