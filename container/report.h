/* SPDX-License-Identifier: MIT */
/*
 * What the container says when a component fails, on standard error.
 *
 * For signal handlers: nothing here allocates or uses the C library's streams.
 * Two threads that fail at once report one after the other.
 */
#ifndef CONTAINER_REPORT_H
#define CONTAINER_REPORT_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

struct thread;

/* One line, begun with "atoll: ". At most 383 bytes. */
void report_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Who failed and of what, the registers, and the backtrace. The context is used
 * up (trace.h).
 */
void report_failure(struct thread *t, const siginfo_t *info, ucontext_t *context);

/* Whether this thread is in report_failure, which then failed itself if it comes again. */
bool report_is_under_way(const struct thread *t);

#endif
