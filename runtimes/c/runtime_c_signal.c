/* SPDX-License-Identifier: MIT */
/*
 * Signals of one component. Dispositions are the whole image's, so what the
 * container needs stays as it is: it is not caught, and not blocked, not even
 * while a handler runs or a call waits. A component signals itself alone, and
 * where it does not catch that, it alone ends of it.
 */
#define _GNU_SOURCE /* ppoll */

#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "container/component_thread.h"
#include "container/failure.h"
#include "container/signals.h"

static sigset_t mask_without_kept(const sigset_t *set)
{
	sigset_t rest = *set;

	for (int number = 1; number <= SIGRTMAX; number++)
		if (signal_is_kept(number))
			sigdelset(&rest, number);
	return rest;
}

static int action_set(int number, const struct sigaction *action, struct sigaction *old)
{
	struct sigaction before, rest = *action;

	if (sigaction(number, NULL, &before))
		return -1;
	rest.sa_mask = mask_without_kept(&action->sa_mask);
	if (action->sa_handler == SIG_DFL ? failure_default(number)
					  : sigaction(number, &rest, NULL))
		return -1;
	if (old)
		*old = before;
	return 0;
}

int runtime_c_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	if (!action)
		return sigaction(number, NULL, old);
	if (!signal_is_kept(number))
		return action_set(number, action, old);
	errno = EINVAL;
	return -1;
}

void (*runtime_c_signal(int number, void (*handler)(int)))(int)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;

	sigemptyset(&action.sa_mask);
	return runtime_c_sigaction(number, &action, &old) ? SIG_ERR : old.sa_handler;
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

int runtime_c_sigsuspend(const sigset_t *set)
{
	sigset_t rest = mask_without_kept(set);

	return sigsuspend(&rest);
}

int runtime_c_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		    const sigset_t *set)
{
	sigset_t rest;

	if (!set)
		return ppoll(fds, count, timeout, NULL);
	rest = mask_without_kept(set);
	return ppoll(fds, count, timeout, &rest);
}

int runtime_c_pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
		      const struct timespec *timeout, const sigset_t *set)
{
	sigset_t rest;

	if (!set)
		return pselect(count, readable, writable, exceptional, timeout, NULL);
	rest = mask_without_kept(set);
	return pselect(count, readable, writable, exceptional, timeout, &rest);
}

/* A thread has its alternate stack from the container, for the report of its failure. */
int runtime_c_sigaltstack(const stack_t *stack, stack_t *old)
{
	if (!stack)
		return sigaltstack(NULL, old);
	errno = EPERM;
	return -1;
}

/* What no thread can do for itself: Linux ends or stops the whole process. */
static bool signal_is_for_all(int number)
{
	switch (number) {
	case SIGKILL:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return true;
	default:
		return false;
	}
}

int runtime_c_pthread_kill(pthread_t id, int number)
{
	if (!component_thread_is_own(id))
		return ESRCH;
	return signal_is_for_all(number) ? EPERM : pthread_kill(id, number);
}

int runtime_c_raise(int number)
{
	errno = runtime_c_pthread_kill(pthread_self(), number);
	return errno ? -1 : 0;
}

/* SIGTERM and SIGINT ask the whole image to stop. */
int runtime_c_kill(pid_t pid, int number)
{
	if (pid && pid != getpid()) {
		errno = ESRCH;
		return -1;
	}
	return number == SIGTERM || number == SIGINT ? kill(getpid(), number)
						     : runtime_c_raise(number);
}
