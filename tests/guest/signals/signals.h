/* SPDX-License-Identifier: MIT */
/*
 * The parts of the test, and what they share.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

typedef void signal_handler(int signal, siginfo_t *info, void *context);

/* Counts, and says which, where ok is false. */
void expect(bool ok, const char *what);

/* sigaction with SA_SIGINFO and these flags; returns what was before. */
struct sigaction handler_set(int signal, signal_handler *handler, int flags);

void check_faults(void);
void check_waits(void);
void check_masks(void);
void check_registers(void);

#endif
