/* SPDX-License-Identifier: MIT */
/*
 * An end of a channel in every kind of use against a peer that writes anything
 * into what they share: between its steps, and all the time from another thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "tests/fuzz/attacker.h"
#include "tests/fuzz/victim.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/random.h"

#define LIVES 20000 /* of STEPS each, with the attacker's between them */
#define STEPS 60
#define STEPS_AT_ONCE 10000

/*
 * The attack itself is a race wherever the victim fills or reads a message. What it
 * goes by, headers, positions, flags and lines, is not suppressed, but for the
 * reports in which the attacker's own store is known to be the other half.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:memcpy\nrace:memset\nrace:memmove\nrace:victim_given\n"
	       "race:victim_fill\nrace:channel_writer_clear\n"
	       "race:call_take\nrace:call_unpack\nrace:call_post\nrace:attacker_\n";
}

static uint64_t test_chance(void *from)
{
	return random_next(from) >> 3;
}

static void test_begin(struct victim *v, uint64_t *seed, unsigned life)
{
	*seed = life + 1;
	*v = (struct victim){.choose = test_chance, .from = seed};
	test_chance(seed);
	victim_begin(v, UINT64_C(256) << life % 5, -UINT64_C(4096) << 20,
		     (enum victim_kind)(life / 5 % VICTIM_KINDS));
}

static void nothing_that_a_peer_writes_between_two_steps_leads_astray(void **state)
{
	struct victim v;
	uint64_t seed;

	(void)state;
	for (unsigned life = 0; life < LIVES; life++) {
		struct attacker a = {&v.pair, test_chance, &seed};

		test_begin(&v, &seed, life);
		for (unsigned i = 0; i < STEPS; i++) {
			for (size_t n = victim_choose(&v, 4); n; n--)
				attacker_step(&a);
			victim_step(&v);
		}
		victim_end(&v);
	}
}

static struct {
	struct channel_pair pair;
	bool over;
} test_attack;

static void *test_attacks(void *arg)
{
	uint64_t seed = 77;
	struct attacker a = {&test_attack.pair, test_chance, &seed};

	while (!__atomic_load_n(&test_attack.over, __ATOMIC_RELAXED))
		attacker_step(&a);
	return arg;
}

static void nothing_that_a_peer_writes_at_any_moment_leads_astray(void **state)
{
	struct victim v;
	uint64_t seed;

	(void)state;
	for (unsigned life = 0; life < 5 * VICTIM_KINDS; life++) {
		pthread_t id;

		test_begin(&v, &seed, life);
		test_attack.pair = v.pair;
		test_attack.over = false;
		assert_int_equal(pthread_create(&id, NULL, test_attacks, NULL), 0);
		for (unsigned i = 0; i < STEPS_AT_ONCE; i++)
			victim_step(&v);
		__atomic_store_n(&test_attack.over, true, __ATOMIC_RELAXED);
		pthread_join(id, NULL);
		victim_end(&v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_a_peer_writes_between_two_steps_leads_astray),
		cmocka_unit_test(nothing_that_a_peer_writes_at_any_moment_leads_astray),
	};

	bell_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
