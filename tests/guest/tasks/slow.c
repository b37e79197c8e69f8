/* SPDX-License-Identifier: MIT */
/* Sends three numbers, and takes its time. */
#include <atoll.h>

#include <unistd.h>

int main(void)
{
	struct channel *slow = channel_open("slow");

	for (uint32_t i = 1; i <= 3; i++) {
		usleep(20000);
		if (channel_send(slow, &i, sizeof(i), CHANNEL_FOREVER) != CHANNEL_OK)
			return 1;
	}
	channel_finish(slow);
	return 0;
}
