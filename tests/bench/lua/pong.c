/* SPDX-License-Identifier: MIT */
/* Sends back what ping.c sends. */
#include <stdint.h>

#include "ipc/channel.h"

int main(void)
{
	struct channel *trip = channel_open("trip");
	uint64_t number;
	size_t len;

	while (channel_recv(trip, &number, sizeof(number), &len, CHANNEL_FOREVER) == CHANNEL_OK)
		channel_send(trip, &number, sizeof(number), CHANNEL_FOREVER);
	return 0;
}
