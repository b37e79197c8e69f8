/* SPDX-License-Identifier: MIT */
/*
 * From a fault to the end of the one component that made it.
 *
 * failure.c takes the signals of faults; failure_plain.c, for builds with a
 * sanitizer, leaves them to it: there a fault is a finding.
 */
#ifndef CONTAINER_FAILURE_H
#define CONTAINER_FAILURE_H

/* Before any component starts. 0 or a negative errno. */
int failure_init(void);

/*
 * Have a signal do what it does where nobody catches it: one that a thread sends
 * itself, and that would end a process, ends its component. 0 or -1 and errno.
 */
int failure_default(int signal);

#endif
