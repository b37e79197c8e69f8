/* SPDX-License-Identifier: MIT */
/*
 * Waits that a signal from another thread ends, or does not.
 */
#define _GNU_SOURCE /* syscall */
#include "signals.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND 1000000
#define DELAY (20 * MILLISECOND)
#define LONG_SECONDS 30

static volatile sig_atomic_t count;
static uint32_t word;
static pthread_t waiter;
static bool then_wakes;

static void tally(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	count++;
}

static void nap(void)
{
	struct timespec delay = {.tv_nsec = DELAY};

	nanosleep(&delay, NULL);
}

static void *disturb(void *argument)
{
	nap();
	pthread_kill(waiter, SIGUSR1);
	if (then_wakes) {
		nap();
		__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return argument;
}

static pthread_t disturber_start(bool wakes, int flags)
{
	pthread_t other;

	handler_set(SIGUSR1, tally, flags);
	count = 0;
	word = 0;
	waiter = pthread_self();
	then_wakes = wakes;
	expect(!pthread_create(&other, NULL, disturb, NULL), "a thread starts");
	return other;
}

static void check_sleep(void)
{
	struct timespec nap_long = {.tv_sec = LONG_SECONDS}, rest = {0};
	pthread_t other = disturber_start(false, SA_RESTART);
	int ret = nanosleep(&nap_long, &rest);

	expect(ret == -1 && errno == EINTR && count == 1, "a signal ends a sleep");
	expect(rest.tv_sec == LONG_SECONDS - 1 && rest.tv_nsec < 1000 * MILLISECOND - DELAY / 2,
	       "and what is left of it is told");
	pthread_join(other, NULL);
}

static long futex_wait(const struct timespec *timeout)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, timeout, NULL, 0);
}

static void check_futex(void)
{
	struct timespec timeout = {.tv_sec = LONG_SECONDS};
	pthread_t other = disturber_start(false, 0);

	expect(futex_wait(NULL) == -1 && errno == EINTR && count == 1, "a signal ends a wait");
	pthread_join(other, NULL);
	other = disturber_start(false, SA_RESTART);
	expect(futex_wait(&timeout) == -1 && errno == EINTR && count == 1,
	       "one with a timeout even with SA_RESTART");
	pthread_join(other, NULL);
	other = disturber_start(true, SA_RESTART);
	expect(futex_wait(NULL) == 0 && count == 1 && word == 1,
	       "with SA_RESTART a wait goes on behind the handler");
	pthread_join(other, NULL);
}

/* One that comes before the wait, and would be missed if only waits were looked at. */
static void check_early(void)
{
	sigset_t set, before;

	handler_set(SIGUSR1, tally, 0);
	count = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, &before);
	raise(SIGUSR1);
	expect(syscall(SYS_rt_sigsuspend, &(uint64_t){0}, sizeof(uint64_t)) == -1 && errno == EINTR,
	       "one that is pending ends the wait at once");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	expect(count == 1, "and comes once");
}

void check_waits(void)
{
	check_sleep();
	check_futex();
	check_early();
}
