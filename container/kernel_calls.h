/* SPDX-License-Identifier: MIT */
/*
 * What the guest's kernel offers besides the system calls, which it has in common with
 * Linux: sleep and wake-up by a plain call.
 *
 * The auxiliary vector says where this is, under KERNEL_CALLS; in a Linux process
 * nothing has that number, and getauxval answers 0. Both are ordinary functions of
 * the System V ABI, for code above the system call line: the vector registers are
 * the caller's to save, so the kernel keeps no more of them than the control words.
 */
#ifndef CONTAINER_KERNEL_CALLS_H
#define CONTAINER_KERNEL_CALLS_H

#include <stdint.h>

#define KERNEL_CALLS 0x41746f6c

struct kernel_calls {
	/*
	 * FUTEX_WAIT_BITSET and FUTEX_WAKE, for one: sleep while *word is `expected`, until it is
	 * woken, or the deadline (CLOCK_MONOTONIC, ns; UINT64_MAX: none) is past, or a
	 * signal came; 0 or a negative errno. The caller has written *word before: that it
	 * is there is not checked. Wake one sleeper; how many there were.
	 *
	 * Who wakes a sleeper of its own core and then waits hands the core over to it,
	 * if nobody else is ready there.
	 */
	long (*wait)(uint32_t *word, uint32_t expected, uint64_t deadline);
	long (*wake)(uint32_t *word);

	/*
	 * Not 0 once a thread has left the core where it was first put. Until then what
	 * the manifest has on one core is there, and needs no fences among itself: what
	 * comes between two threads of a core is a full one. The thread that leaves is
	 * seen to have set it by whoever can see anything that it does behind that.
	 */
	uint32_t strayed;
};

#endif
