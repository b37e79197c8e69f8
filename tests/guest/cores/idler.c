/* SPDX-License-Identifier: MIT */
/*
 * Tells the observer its processor's number, then waits for the end.
 */
#include <atoll.h>
#include "processor.h"

int main(void)
{
	struct channel *talk = channel_open("talk");
	uint32_t apic = processor_apic();
	const void *message;
	size_t size;

	if (channel_send(talk, &apic, sizeof(apic), CHANNEL_FOREVER) != CHANNEL_OK)
		return 1;
	return channel_peek(talk, CHANNEL_FOREVER, &message, &size) != CHANNEL_CLOSED;
}
