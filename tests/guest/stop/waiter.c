/* SPDX-License-Identifier: MIT */
/*
 * Waits for a message that never comes.
 */
#include <atoll.h>

#include <stdio.h>

int main(void)
{
	struct channel *words = channel_open("words");
	char message[8];
	size_t size;
	enum channel_status status =
		channel_recv(words, message, sizeof(message), &size, CHANNEL_FOREVER);

	printf("waiter: %s\n", channel_status_text(status));
	return !component_stopping() || status != CHANNEL_STOPPING;
}
