/* SPDX-License-Identifier: MIT */
/* Answers each number with the next one. */
#include <atoll.h>

#include <stdint.h>

int main(void)
{
	struct channel *ball = channel_open("ball");
	uint64_t n;
	size_t len;

	while (channel_recv(ball, &n, sizeof(n), &len, CHANNEL_FOREVER) == CHANNEL_OK) {
		n++;
		if (channel_send(ball, &n, sizeof(n), CHANNEL_FOREVER) != CHANNEL_OK)
			return 1;
	}
	return 0;
}
