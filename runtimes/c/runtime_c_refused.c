/* SPDX-License-Identifier: MIT */
/*
 * What a process has and a component has not: other processes, and timers that
 * signal the process. On both targets, so that a program fails here as it does there.
 */
#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <stddef.h>

int runtime_c_fork(void)
{
	errno = ENOSYS;
	return -1;
}

/* Each under its own name: objcopy gives no two names one target. */
#define REFUSED(name) int name(void) __attribute__((alias("runtime_c_fork")))

REFUSED(runtime_c_vfork);
REFUSED(runtime_c_daemon);
REFUSED(runtime_c_execv);
REFUSED(runtime_c_execve);
REFUSED(runtime_c_execvp);
REFUSED(runtime_c_execvpe);
REFUSED(runtime_c_execl);
REFUSED(runtime_c_execle);
REFUSED(runtime_c_execlp);
REFUSED(runtime_c_fexecve);
REFUSED(runtime_c_setitimer);

int runtime_c_posix_spawn(void)
{
	return ENOSYS;
}

int runtime_c_posix_spawnp(void) __attribute__((alias("runtime_c_posix_spawn")));

FILE *runtime_c_popen(const char *command, const char *mode)
{
	(void)command;
	(void)mode;
	errno = ENOSYS;
	return NULL;
}

int runtime_c_system(const char *command)
{
	return command ? runtime_c_fork() : 0; /* there is no shell */
}

unsigned runtime_c_alarm(unsigned seconds)
{
	(void)seconds;
	errno = ENOSYS;
	return 0;
}
