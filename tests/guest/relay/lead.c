/* SPDX-License-Identifier: MIT */
/*
 * Hands numbers to two runners and gets them back, in all the ways in which a thread
 * can go on that has just woken another one of its core.
 */
#include <atoll.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay.h"

#define TRIPS 500
#define FEW 20
#define LONG (60 * MILLISECOND) /* several slices */
#define IN_A_ROW 3
#define WORK (500 * MILLISECOND)
#define TRIPS_MIN 2 /* beside the worker, whose turns are of 10 ms, or more on a busy host */
#define TRIPS_MAX 1000
#define PATIENCE (10 * SECOND)

static struct channel *left, *right, *worker;
static struct relay_modes modes;
static uint64_t number;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	printf("lead: failed: %s\n", what);
	exit(1);
}

static void hand(struct channel *ch)
{
	struct baton b = {.number = number};

	expect(channel_send(ch, &b, sizeof(b), CHANNEL_FOREVER) == CHANNEL_OK, "a number is sent");
}

static bool back(struct channel *ch, uint64_t deadline, struct baton *b)
{
	size_t len;

	if (channel_recv(ch, b, sizeof(*b), &len, deadline) != CHANNEL_OK)
		return false;
	expect(len == sizeof(*b) && b->number == number + 1, "the next number comes back");
	expect(b->kept, "a runner keeps its rounding modes");
	expect(relay_modes_kept(&modes), "so does who handed over");
	return true;
}

/* The answer, without any wait of this thread's but `meanwhile`, if that is one. */
static void await(struct channel *ch, void (*meanwhile)(void), const char *what)
{
	int64_t end = relay_now(CLOCK_MONOTONIC) + PATIENCE;
	struct baton b;

	while (!back(ch, CHANNEL_NOW, &b)) {
		expect(relay_now(CLOCK_MONOTONIC) < end, what);
		meanwhile();
	}
}

static void nothing(void)
{
}

static void yield(void)
{
	sched_yield();
}

static void nap(long ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* The thread that was woken has its turn while its waker sleeps, and not behind that. */
static bool runs_meanwhile(void)
{
	int64_t begun = relay_now(CLOCK_MONOTONIC);
	struct baton b;

	hand(left);
	nap(LONG);
	expect(back(left, CHANNEL_FOREVER, &b), "who was woken answers");
	return b.when - begun < LONG / 2;
}

/* Two take turns, and their CPU time is what went by. */
static void check_turns(void)
{
	int64_t begun = relay_now(CLOCK_MONOTONIC), mine = relay_now(CLOCK_THREAD_CPUTIME_ID);
	struct baton first, last = {0};

	hand(left);
	back(left, CHANNEL_FOREVER, &first);
	for (int i = 0; i < TRIPS; i++) {
		int64_t before = last.cpu;

		number = last.number;
		hand(left);
		back(left, CHANNEL_FOREVER, &last);
		expect(last.cpu >= before, "CPU time never goes back");
	}
	mine = relay_now(CLOCK_THREAD_CPUTIME_ID) - mine;

	int64_t theirs = last.cpu - first.cpu, all = relay_now(CLOCK_MONOTONIC) - begun;

	printf("lead: %d trips took %lld us, of them lead %lld and left %lld\n", TRIPS,
	       (long long)all / 1000, (long long)mine / 1000, (long long)theirs / 1000);
	expect(mine > 0 && theirs > 0, "both have CPU time");
	expect(mine + theirs <= all + all / 4, "only one of them at a time");
}

/* Who wakes others and computes on does not keep the core for ever. */
static void check_watch(void)
{
	/* Until no timer is set for a slice. */
	nap(LONG);
	hand(left);
	await(left, nothing, "the thread that was woken has its turn");
	hand(left);
	hand(right);
	await(right, nothing, "the second thread that was woken has its turn");
	await(left, nothing, "so has the first");
}

/* Two are woken before the first wait. */
static void check_two(void)
{
	struct baton b;

	for (int i = 0; i < TRIPS; i++) {
		hand(left);
		hand(right);
		expect(back(i % 2 ? left : right, CHANNEL_FOREVER, &b), "one of two answers");
		expect(back(i % 2 ? right : left, CHANNEL_FOREVER, &b), "so does the other");
	}
}

/* The thread's next wait is none in a direct call. */
static void check_others(void)
{
	int in_a_row = 0;

	hand(left);
	await(left, yield, "the thread that was woken has its turn when its waker yields");
	/* Once may be chance; and the host may be busy. */
	for (int i = 0; i < FEW && in_a_row < IN_A_ROW; i++)
		in_a_row = runs_meanwhile() ? in_a_row + 1 : 0;
	expect(in_a_row == IN_A_ROW, "so it has when its waker sleeps");
}

static void *hand_and_end(void *ch)
{
	hand(ch);
	return NULL;
}

static void check_end(void)
{
	struct baton b;

	for (int i = 0; i < FEW; i++) {
		pthread_t thread;

		pthread_create(&thread, NULL, hand_and_end, left);
		pthread_join(thread, NULL);
		expect(back(left, CHANNEL_FOREVER, &b), "the thread outlives its waker");
	}
}

/* A deadline of a thread that waits for the core is past when it goes on, and does no harm. */
static void check_deadline(void)
{
	struct baton b;

	for (int i = 0; i < FEW; i++) {
		uint64_t soon = (uint64_t)relay_now(CLOCK_MONOTONIC) + 20 * 1000;

		hand(left);
		if (!back(left, soon, &b))
			expect(back(left, CHANNEL_FOREVER, &b), "it comes behind the deadline");
	}
}

/* Two that hand over to each other all the time leave room for a third, and it for them. */
static void check_worker(void)
{
	int64_t work = WORK, begun = relay_now(CLOCK_MONOTONIC), longest = 0;
	unsigned trips = 0;
	struct baton b;
	size_t len;

	channel_send(worker, &work, sizeof(work), CHANNEL_FOREVER);
	while (channel_recv(worker, &work, sizeof(work), &len, CHANNEL_NOW) == CHANNEL_AGAIN) {
		int64_t before = relay_now(CLOCK_MONOTONIC);

		expect(before - begun < PATIENCE, "who never waits has its turns");
		hand(left);
		back(left, CHANNEL_FOREVER, &b);
		trips++;
		before = relay_now(CLOCK_MONOTONIC) - before;
		longest = before > longest ? before : longest;
	}
	printf("lead: %u trips beside the worker, the longest took %lld us\n", trips,
	       (long long)longest / 1000);
	expect(trips <= TRIPS_MAX, "who never waits has a turn whenever another one waits");
	expect(trips >= TRIPS_MIN, "those that wait have theirs");
}

int main(void)
{
	left = channel_open("left");
	right = channel_open("right");
	worker = channel_open("worker");
	modes = relay_modes_set(FE_UPWARD);
	check_turns();
	number = 0;
	check_watch();
	check_two();
	check_others();
	check_end();
	check_deadline();
	check_worker();
	check_turns();
	printf("lead: all had their turns\n");
	return 0;
}
