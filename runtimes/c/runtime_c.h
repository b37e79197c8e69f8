/* SPDX-License-Identifier: MIT */
/*
 * What the packer writes for a C component called NAME:
 *
 *   extern int NAME_main(int, char **, char **);
 *   static const struct runtime_c_program NAME_program = {NAME_main};
 *
 * with .runtime = &runtime_c and .program = &NAME_program. The component's
 * objects are joined by ld -r, its main is renamed to NAME_main, the symbols
 * listed in redirect.syms are renamed as it says, and all else is made local.
 */
#ifndef RUNTIMES_C_RUNTIME_C_H
#define RUNTIMES_C_RUNTIME_C_H

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/select.h>
#include <threads.h>
#include <time.h>

struct runtime_c_program {
	int (*main)(int argc, char **argv, char **envp);
};

/* What a component calls in place of the C library's function of that name. */
_Noreturn void runtime_c_exit(int status);
_Noreturn void runtime_c__exit(int status);
_Noreturn void runtime_c__Exit(int status);
int runtime_c_atexit(void (*handler)(void));

char *runtime_c_getenv(const char *name);
char *runtime_c_secure_getenv(const char *name);
int runtime_c_setenv(const char *name, const char *value, int overwrite);
int runtime_c_unsetenv(const char *name);
int runtime_c_putenv(char *assignment);
int runtime_c_clearenv(void);

int runtime_c_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*start)(void *),
			     void *argument);
int runtime_c_pthread_join(pthread_t id, void **result);
int runtime_c_pthread_tryjoin_np(pthread_t id, void **result);
int runtime_c_pthread_timedjoin_np(pthread_t id, void **result, const struct timespec *at);
int runtime_c_pthread_clockjoin_np(pthread_t id, void **result, clockid_t clock,
				   const struct timespec *at);
int runtime_c_pthread_detach(pthread_t id);
_Noreturn void runtime_c_pthread_exit(void *result);
int runtime_c_pthread_cancel(pthread_t id);
int runtime_c_pthread_spin_lock(pthread_spinlock_t *lock);
int runtime_c_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int runtime_c_pthread_key_delete(pthread_key_t key);

int runtime_c_thrd_create(thrd_t *id, thrd_start_t start, void *argument);
int runtime_c_thrd_join(thrd_t id, int *result);
int runtime_c_thrd_detach(thrd_t id);
_Noreturn void runtime_c_thrd_exit(int result);

void (*runtime_c_signal(int number, void (*handler)(int)))(int);
int runtime_c_sigaction(int number, const struct sigaction *action, struct sigaction *old);
int runtime_c_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int runtime_c_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
int runtime_c_sigsuspend(const sigset_t *set);
int runtime_c_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		    const sigset_t *set);
int runtime_c_pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
		      const struct timespec *timeout, const sigset_t *set);
int runtime_c_sigaltstack(const stack_t *stack, stack_t *old);
int runtime_c_raise(int number);
int runtime_c_kill(pid_t pid, int number);
int runtime_c_pthread_kill(pthread_t id, int number);

int runtime_c_fclose(FILE *file);
FILE *runtime_c_freopen(const char *path, const char *mode, FILE *file);
FILE *runtime_c_freopen64(const char *path, const char *mode, FILE *file);
int runtime_c_setvbuf(FILE *file, char *buffer, int mode, size_t size);
void runtime_c_setbuffer(FILE *file, char *buffer, size_t size);
void runtime_c_setbuf(FILE *file, char *buffer);
int runtime_c_fflush(FILE *file);
int runtime_c_close(int fd);
int runtime_c_dup2(int from, int to);
int runtime_c_dup3(int from, int to, int flags);

/* These and their kin fail with ENOSYS: see runtime_c_refused.c. */
int runtime_c_fork(void);
int runtime_c_posix_spawn(void);
FILE *runtime_c_popen(const char *command, const char *mode);
int runtime_c_system(const char *command);
unsigned runtime_c_alarm(unsigned seconds);

/* The environment that the functions above see in this component; the array is not theirs. */
int runtime_c_environment_begin(char **envp);
void runtime_c_environment_end(void);

#endif
