/* SPDX-License-Identifier: MIT */
/*
 * Signals of one component. Dispositions are the whole image's, so what the
 * container needs stays as it is: it is not caught, and not blocked.
 */
#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <stddef.h>

#include "container/signals.h"

void (*runtime_c_signal(int number, void (*handler)(int)))(int)
{
	if (!signal_is_kept(number))
		return signal(number, handler);
	errno = EINVAL;
	return SIG_ERR;
}

int runtime_c_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	if (!action || !signal_is_kept(number))
		return sigaction(number, action, old);
	errno = EINVAL;
	return -1;
}

static sigset_t mask_without_kept(const sigset_t *set)
{
	sigset_t rest = *set;

	for (int number = 1; number <= SIGRTMAX; number++)
		if (signal_is_kept(number))
			sigdelset(&rest, number);
	return rest;
}

int runtime_c_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t rest;

	if (!set || how == SIG_UNBLOCK)
		return pthread_sigmask(how, set, old);
	rest = mask_without_kept(set);
	return pthread_sigmask(how, &rest, old);
}

int runtime_c_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	errno = runtime_c_pthread_sigmask(how, set, old);
	return errno ? -1 : 0;
}
