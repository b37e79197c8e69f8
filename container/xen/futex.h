/* SPDX-License-Identifier: MIT */
/*
 * Wait for a word of memory to be changed: what blocks and wakes threads.
 */
#ifndef XEN_FUTEX_H
#define XEN_FUTEX_H

#include <stdint.h>

/* Before the first thread. */
void futex_init(void);

/*
 * While *word is `expected`, wait for futex_wake with a common bit, or until
 * clock_now() is deadline. 0, -EAGAIN (another value), -ETIMEDOUT.
 */
int futex_wait(uint32_t *word, uint32_t expected, uint32_t bits, uint64_t deadline);

/* Wake at most count waiters of word that share a bit. Returns how many. */
int futex_wake(uint32_t *word, unsigned count, uint32_t bits);

#endif
