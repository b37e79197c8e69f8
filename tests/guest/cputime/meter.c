/* SPDX-License-Identifier: MIT */
/*
 * Reads the CPU-time clocks around work and around sleep.
 */
#define _GNU_SOURCE /* pthread_getcpuclockid */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define SECOND 1000000000LL
#define MILLISECOND 1000000LL
#define WORK (40 * MILLISECOND)
#define NAP (200 * MILLISECOND)

static unsigned failures;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	printf("meter: failed: %s\n", what);
	failures++;
}

static long long now(clockid_t clock)
{
	struct timespec t = {0};

	expect(!clock_gettime(clock, &t), "the clock can be read");
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void work(void)
{
	long long end = now(CLOCK_THREAD_CPUTIME_ID) + WORK;

	while (now(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void check_sleep(void)
{
	struct timespec nap = {.tv_nsec = NAP};
	long long before = now(CLOCK_THREAD_CPUTIME_ID);

	nanosleep(&nap, NULL);
	expect(now(CLOCK_THREAD_CPUTIME_ID) - before < NAP / 2, "a sleep costs no CPU time");
}

static void check_work(void)
{
	long long before = now(CLOCK_MONOTONIC), all = now(CLOCK_PROCESS_CPUTIME_ID);
	clock_t ticks = clock();

	work();
	expect(now(CLOCK_MONOTONIC) - before >= WORK, "CPU time is no faster than time");
	expect(now(CLOCK_PROCESS_CPUTIME_ID) - all >= WORK, "the process's has a thread's");
	expect(clock() - ticks >= WORK / (SECOND / CLOCKS_PER_SEC), "clock() has it, too");
}

struct other {
	pthread_mutex_t mutex;
	sem_t worked;
	long long used; /* once it has worked */
};

static void *other_run(void *argument)
{
	struct other *other = argument;

	work();
	other->used = now(CLOCK_THREAD_CPUTIME_ID);
	sem_post(&other->worked);
	pthread_mutex_lock(&other->mutex); /* stay, to be read */
	pthread_mutex_unlock(&other->mutex);
	return NULL;
}

static void check_other(void)
{
	struct other other = {.mutex = PTHREAD_MUTEX_INITIALIZER};
	struct timespec t;
	long long all = now(CLOCK_PROCESS_CPUTIME_ID), mine, its;
	pthread_t thread;
	clockid_t clock;

	sem_init(&other.worked, 0, 0);
	pthread_mutex_lock(&other.mutex);
	pthread_create(&thread, NULL, other_run, &other);
	mine = now(CLOCK_THREAD_CPUTIME_ID);
	while (sem_wait(&other.worked) && errno == EINTR)
		;
	expect(!pthread_getcpuclockid(thread, &clock), "a thread has a clock");
	its = now(clock);
	expect(its >= WORK, "another thread's time can be read");
	expect(now(CLOCK_THREAD_CPUTIME_ID) - mine < WORK, "and is not this one's");
	pthread_mutex_unlock(&other.mutex);
	pthread_join(thread, NULL);
	sem_destroy(&other.worked);
	expect(other.used >= WORK && other.used <= its, "it reads the same itself");
	expect(now(CLOCK_PROCESS_CPUTIME_ID) - all >= its,
	       "what an ended thread used is not forgotten");
	expect(clock_gettime(clock, &t) == -1 && errno == EINVAL, "its clock is");
}

int main(void)
{
	check_sleep();
	check_work();
	check_other();
	if (!failures)
		printf("meter: CPU time is right\n");
	return failures != 0;
}
