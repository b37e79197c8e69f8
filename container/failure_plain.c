/* SPDX-License-Identifier: MIT */
/*
 * A build whose faults belong to a sanitizer: see failure.h.
 */
#include "container/failure.h"

#include <signal.h>
#include <stddef.h>

int failure_init(void)
{
	return 0;
}

int failure_default(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	return sigaction(signal, &action, NULL);
}
