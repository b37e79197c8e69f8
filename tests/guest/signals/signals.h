/* SPDX-License-Identifier: MIT */
/*
 * The parts of the test, and what they share.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

typedef void signal_handler(int signal, siginfo_t *info, void *context);

/* Counts, and says which, where ok is false. */
void expect(bool ok, const char *what);

/*
 * The C library's own sigaction: the one that components call refuses the signals
 * that the container keeps, and those are what is looked at here.
 */
int __sigaction(int signal, const struct sigaction *action, struct sigaction *before);

/* That with SA_SIGINFO and these flags; returns what was before. */
struct sigaction handler_set(int signal, signal_handler *handler, int flags);

#define PELT_ROUNDS 20

struct pelting {
	pthread_t thread; /* to be joined */
	pthread_t target;
	volatile sig_atomic_t *count;
	volatile int left;  /* it is on the other core */
	volatile int begun; /* set by the target: from now on */
	volatile int over;  /* no more will come */
};

/*
 * Send SIGUSR1 to this thread PELT_ROUNDS times, from another core, each when its
 * handler has counted the last; then set pelting->over.
 */
void pelt_start(struct pelting *pelting, volatile sig_atomic_t *count);

void check_faults(void);
void check_waits(void);
void check_masks(void);
void check_registers(void);
void check_unwinding(void);

#endif
