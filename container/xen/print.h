/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own messages.
 */
#ifndef XEN_PRINT_H
#define XEN_PRINT_H

#include "container/format.h"

/* To the console; before that is there, to Xen's log. At most 255 bytes. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The console is there. */
void print_to_console(void);

#endif
