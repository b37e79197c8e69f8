/* SPDX-License-Identifier: MIT */
/* Works for as many ns of CPU time as each message says, and answers it. Waits for nothing else. */
#include <atoll.h>

#include "relay.h"

int main(void)
{
	struct channel *ch = channel_open("worker");
	int64_t work;
	size_t len;

	while (channel_recv(ch, &work, sizeof(work), &len, CHANNEL_FOREVER) == CHANNEL_OK) {
		int64_t end = relay_now(CLOCK_THREAD_CPUTIME_ID) + work;

		while (relay_now(CLOCK_THREAD_CPUTIME_ID) < end)
			;
		if (channel_send(ch, &work, sizeof(work), CHANNEL_FOREVER) != CHANNEL_OK)
			return 1;
	}
	return 0;
}
