/* SPDX-License-Identifier: MIT */
/* Sends back what it gets on the channel that has its own name. */
#include <atoll.h>

int main(void)
{
	struct channel *ch = channel_open(component_name());
	uint64_t n;
	size_t len;

	while (channel_recv(ch, &n, sizeof(n), &len, CHANNEL_FOREVER) == CHANNEL_OK)
		channel_send(ch, &n, len, CHANNEL_FOREVER);
	return 0;
}
