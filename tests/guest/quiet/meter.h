/* SPDX-License-Identifier: MIT */
/* How much the others have run, as the machine below has counted it. */
#ifndef QUIET_METER_H
#define QUIET_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
	uint64_t wakes; /* how often one of them began to run; or a time that changes when one does
			 */
	uint64_t ns;    /* that they ran */
};

/* In a Linux process: all threads but the caller. False: this is none. */
bool meter_host(struct meter *m);

/* In a guest: the second vCPU, by Xen. False: there is no second one. */
bool meter_guest(struct meter *m);

#endif
