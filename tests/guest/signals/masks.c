/* SPDX-License-Identifier: MIT */
/*
 * Who gets a signal and when: masks, flags, threads.
 */
#define _GNU_SOURCE /* tgkill */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t count, depth, deepest, code;
static pthread_t receiver;

static void tally(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	count++;
	code = info->si_code;
	receiver = pthread_self();
}

static void mask_one(int how, int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(how, &set, NULL);
}

static void check_blocked(void)
{
	sigset_t pending;

	handler_set(SIGUSR1, tally, 0);
	count = 0;
	mask_one(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	sigpending(&pending);
	expect(count == 0 && sigismember(&pending, SIGUSR1), "a blocked signal waits");
	mask_one(SIG_UNBLOCK, SIGUSR1);
	expect(count == 1 && code == SI_TKILL, "and comes when it is unblocked");
}

static void check_suspend(void)
{
	sigset_t none, now;

	sigemptyset(&none);
	count = 0;
	mask_one(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	expect(sigsuspend(&none) == -1 && errno == EINTR && count == 1, "sigsuspend lets it come");
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	expect(sigismember(&now, SIGUSR1), "and brings the mask back");
	mask_one(SIG_UNBLOCK, SIGUSR1);
}

/* Raises its own signal twice over. */
static void nest(int signal, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	count++;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (count < 3)
		raise(signal);
	depth--;
}

static void check_flags(void)
{
	struct sigaction now;

	count = depth = deepest = 0;
	handler_set(SIGUSR1, nest, SA_ONSTACK);
	raise(SIGUSR1);
	expect(count == 3 && deepest == 1, "a signal is blocked in its handler");
	count = depth = deepest = 0;
	handler_set(SIGUSR1, nest, SA_ONSTACK | SA_NODEFER);
	raise(SIGUSR1);
	expect(count == 3 && deepest == 3, "but with SA_NODEFER");
	handler_set(SIGUSR1, tally, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &now);
	expect(now.sa_handler == SIG_DFL, "SA_RESETHAND takes the handler away");
	raise(SIGURG);
	expect(sigaction(SIGKILL, &now, NULL) == -1 && errno == EINVAL, "SIGKILL has no handler");
}

static void *wait_for_it(void *argument)
{
	sigset_t none;

	sigemptyset(&none);
	while (!count)
		sigsuspend(&none);
	return argument;
}

/* For the process: only the other thread takes it. */
static void check_process(void)
{
	sigset_t all, before;
	pthread_t other;

	handler_set(SIGUSR2, tally, 0);
	count = 0;
	/* Every thread but `other` blocks it: this one, and the container's, which it is kept from.
	 */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_create(&other, NULL, wait_for_it, NULL);
	usleep(1000);
	pthread_kill(other, SIGUSR2);
	pthread_join(other, NULL);
	expect(count == 1 && pthread_equal(receiver, other), "a thread gets its own signal");
	syscall(SYS_kill, getpid(), SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	for (int i = 0; i < 100 && count < 2; i++)
		usleep(1000);
	expect(count == 2, "the process's signal finds a thread");
}

void check_masks(void)
{
	check_blocked();
	check_suspend();
	check_flags();
	check_process();
}
