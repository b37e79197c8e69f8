/* SPDX-License-Identifier: MIT */
/*
 * Random bytes, from the processor.
 *
 * RDRAND where there is one. Where there is none, a mix of the cycle counter
 * and Xen's clock: good for hash seeds and stack canaries, not for secrets.
 */
#ifndef XEN_RANDOM_H
#define XEN_RANDOM_H

#include <stddef.h>

void random_fill(void *to, size_t size);

#endif
