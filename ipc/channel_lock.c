/* SPDX-License-Identifier: MIT */
/* One mutex, held with signals held back. */
#include "ipc/channel_lock.h"

#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t channel_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local volatile sig_atomic_t channel_lock_mine; /* waited for, too */

/* A fault's own signal, held back, would end the whole process. */
static const int channel_faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};

void channel_lock(sigset_t *kept)
{
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof(channel_faults) / sizeof(channel_faults[0]); i++)
		sigdelset(&held, channel_faults[i]);
	pthread_sigmask(SIG_BLOCK, &held, kept);
	channel_lock_mine = true;
	pthread_mutex_lock(&channel_mutex);
}

void channel_unlock(const sigset_t *kept)
{
	pthread_mutex_unlock(&channel_mutex);
	channel_lock_mine = false;
	pthread_sigmask(SIG_SETMASK, kept, NULL);
}

bool channel_lock_is_mine(void)
{
	return channel_lock_mine;
}
