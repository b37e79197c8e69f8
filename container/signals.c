/* SPDX-License-Identifier: MIT */
/*
 * Signals of the container: see signals.h.
 */
#include "container/signals.h"

#include <errno.h>
#include <stddef.h>

int signal_catch(int signal, signal_handler *handler, int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = flags | SA_SIGINFO | SA_NODEFER,
	};

	sigemptyset(&action.sa_mask);
	return sigaction(signal, &action, NULL) ? -errno : 0;
}

bool signal_is_kept(int signal)
{
	switch (signal) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGSYS:
	case SIGTERM:
	case SIGINT:
		return true;
	default:
		return signal == SIGNAL_LEAVE || signal == SIGNAL_STOP;
	}
}
