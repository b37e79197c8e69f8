/* SPDX-License-Identifier: MIT */
/*
 * The short way to wait beside a sender of the same core, and to wake who waits so: with
 * calls of a guest's kernel that are made up, and do what happens during the sleep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "container/kernel_calls.h"
#include "ipc/channel.h"
#include "tests/unit/channel_pair.h"

#define REST 1000
#define DEADLINE 500

static struct channel_pair pair;

static struct {
	unsigned waits, wakes, rests;
	uint64_t deadline; /* of the last wait */
	long answer;
	void (*happens)(void); /* during the next wait */
} kernel;

static long made_up_wait(uint32_t *word, uint32_t expected, uint64_t deadline)
{
	void (*happens)(void) = kernel.happens;

	assert_ptr_equal(word, &pair.b->rx.control->flag.receiver);
	assert_int_equal(*word, expected);
	assert_int_equal(expected, BELL_PARKED);
	kernel.waits++;
	kernel.deadline = deadline;
	kernel.happens = NULL;
	if (happens)
		happens();
	return kernel.answer;
}

static long made_up_wake(uint32_t *word)
{
	(void)word;
	kernel.wakes++;
	return 1;
}

static struct kernel_calls calls = {.wait = made_up_wait, .wake = made_up_wake};

static uint64_t made_up_rest(void)
{
	kernel.rests++;
	return REST;
}

static int setup(void **state)
{
	(void)state;
	channel_pair_init(&pair, 4096, 0);
	pair.a->beside = pair.b->beside = true;
	memset(&kernel, 0, sizeof(kernel));
	calls.strayed = 0;
	bell_mode = (struct bell_mode){.kernel = &calls};
	endpoint_rest = made_up_rest;
	endpoint_rest_said = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bell_mode = (struct bell_mode){.fenced = true};
	channel_pair_free(&pair);
	return 0;
}

static void send(void)
{
	assert_int_equal(channel_send(pair.a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
}

static enum channel_status recv(uint64_t deadline)
{
	char buf[8];
	size_t len;

	return channel_recv(pair.b, buf, sizeof(buf), &len, deadline);
}

static void finish(void)
{
	channel_finish(pair.a);
}

static void assert_flag(uint32_t flag)
{
	assert_int_equal(pair.b->rx.control->flag.receiver, flag);
}

static void a_message_ends_one_sleep_and_costs_one_wake_up(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 1000; i++) {
		kernel.happens = send;
		assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
		assert_int_equal(kernel.waits, i);
		assert_int_equal(kernel.wakes, i);
		assert_flag(0);
	}
	assert_int_equal(pair.b->rx.parks, 999);
	assert_int_equal(pair.a->tx.bells, 999);
}

static void what_is_there_is_taken_without_a_sleep(void **state)
{
	(void)state;
	send();
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(recv(CHANNEL_NOW), CHANNEL_AGAIN);
	finish();
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(kernel.waits, 0);
	assert_int_equal(kernel.wakes, 0);
}

static void the_end_of_the_sender_ends_a_sleep(void **state)
{
	(void)state;
	kernel.happens = finish;
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_CLOSED);
	assert_int_equal(kernel.waits, 1);
	assert_int_equal(kernel.wakes, 1);
}

/* The earlier one: its own, or when to rest. */
static void a_sleep_has_a_deadline(void **state)
{
	(void)state;
	kernel.answer = -ETIMEDOUT;
	assert_int_equal(recv(DEADLINE), CHANNEL_AGAIN);
	assert_int_equal(kernel.deadline, DEADLINE);
	assert_int_equal(kernel.waits, 1);
	assert_flag(0);
}

static void whoever_is_asked_to_stop_does_not_sleep(void **state)
{
	(void)state;
	endpoint_stop(pair.b);
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_STOPPING);
	assert_int_equal(kernel.waits, 0);
	assert_flag(0);
}

static void a_sender_that_waits_for_room_is_woken_before_the_sleep(void **state)
{
	(void)state;
	send();
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	pair.b->rx.control->flag.sender = BELL_PARKED;
	kernel.happens = send;
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(pair.b->rx.control->flag.sender, 0);
	assert_int_equal(pair.b->rx.control->acked, 16);
	assert_int_equal(kernel.wakes, 2);
}

/* It has left the flag alone, and handed the room back all the same. */
static void so_it_is_where_the_flag_names_a_set(void **state)
{
	uint32_t *flag = &pair.b->rx.control->flag.receiver;

	(void)state;
	send();
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	pair.b->rx.control->flag.sender = BELL_PARKED;
	*flag = 1U << BELL_WHOM_SHIFT;
	assert_false(endpoint_nap(pair.b, CHANNEL_FOREVER));
	assert_flag(1U << BELL_WHOM_SHIFT);
	assert_int_equal(pair.b->rx.control->flag.sender, 0);
	assert_int_equal(pair.b->rx.control->acked, 16);
	assert_int_equal(kernel.waits, 0);
	*flag = 0;
}

static void where_a_thread_has_strayed_there_are_no_naps(void **state)
{
	(void)state;
	calls.strayed = 1;
	assert_true(endpoint_nap(pair.b, CHANNEL_FOREVER));
	assert_int_equal(kernel.waits, 0);
	assert_flag(0);
}

static void nor_are_there_between_two_cores(void **state)
{
	(void)state;
	pair.b->beside = false;
	assert_false(endpoint_nap(pair.b, CHANNEL_FOREVER));
	assert_int_equal(kernel.waits, 0);
}

/* However quick the sender is: else each nap would set a timer that is past. */
static void who_rested_too_late_asks_anew(void **state)
{
	(void)state;
	kernel.happens = send;
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	kernel.happens = send;
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(kernel.rests, 1);
	assert_int_equal(kernel.deadline, REST);
	kernel.happens = send;
	kernel.answer = -ETIMEDOUT;
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(kernel.rests, 1);
	kernel.happens = send;
	kernel.answer = 0;
	assert_int_equal(recv(CHANNEL_FOREVER), CHANNEL_OK);
	assert_int_equal(kernel.rests, 2);
}

#define NAP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAP_TEST(a_message_ends_one_sleep_and_costs_one_wake_up),
		NAP_TEST(what_is_there_is_taken_without_a_sleep),
		NAP_TEST(the_end_of_the_sender_ends_a_sleep),
		NAP_TEST(a_sleep_has_a_deadline),
		NAP_TEST(whoever_is_asked_to_stop_does_not_sleep),
		NAP_TEST(a_sender_that_waits_for_room_is_woken_before_the_sleep),
		NAP_TEST(so_it_is_where_the_flag_names_a_set),
		NAP_TEST(where_a_thread_has_strayed_there_are_no_naps),
		NAP_TEST(nor_are_there_between_two_cores),
		NAP_TEST(who_rested_too_late_asks_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
