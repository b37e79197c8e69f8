/* SPDX-License-Identifier: MIT */
/*
 * Checks the clocks that the C library offers.
 */
#include <atoll.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define SECOND 1000000000LL
#define NAP (SECOND / 20)
#define YEAR_2020 1577836800LL
#define YEAR_2100 4102444800LL
#define READS 100000

static int failures;

static void expect(int ok, const char *what)
{
	if (ok)
		return;
	printf("%s: failed: %s\n", component_name(), what);
	failures++;
}

static long long now(clockid_t id)
{
	struct timespec t;

	expect(clock_gettime(id, &t) == 0, "the clock can be read");
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void check_never_goes_back(void)
{
	long long last = now(CLOCK_MONOTONIC);

	for (int i = 0; i < READS; i++) {
		long long next = now(CLOCK_MONOTONIC);

		if (next < last) {
			expect(0, "monotonic time never goes back");
			return;
		}
		last = next;
	}
}

static void check_sleep(void)
{
	struct timespec nap = {.tv_nsec = NAP};
	long long before = now(CLOCK_MONOTONIC), wall = now(CLOCK_REALTIME);

	expect(nanosleep(&nap, NULL) == 0, "nanosleep ends well");
	expect(now(CLOCK_MONOTONIC) - before >= NAP, "a sleep is not short by the monotonic clock");
	expect(now(CLOCK_REALTIME) - wall >= NAP, "nor by the wall clock");
	nap.tv_nsec = SECOND;
	expect(nanosleep(&nap, NULL) == -1 && errno == EINVAL, "a bad time is refused");
}

static void check_timed_wait(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	long long end = now(CLOCK_REALTIME) + NAP;
	struct timespec deadline = {end / SECOND, end % SECOND};

	pthread_mutex_lock(&mutex);
	expect(pthread_cond_timedwait(&cond, &mutex, &deadline) == ETIMEDOUT,
	       "a wait that nobody ends times out");
	pthread_mutex_unlock(&mutex);
	expect(now(CLOCK_REALTIME) >= end, "and not before its time");
}

int main(void)
{
	long long wall = now(CLOCK_REALTIME) / SECOND;

	expect(wall > YEAR_2020 && wall < YEAR_2100, "the wall clock shows this century");
	check_never_goes_back();
	check_sleep();
	check_timed_wait();
	if (!failures)
		printf("%s: clocks are right\n", component_name());
	return failures != 0;
}
