/* SPDX-License-Identifier: MIT */
/* Answers as many messages as the first one says, and then fails; ends well when that is 0. */
#include <atoll.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct channel *work = channel_open(argc > 1 ? argv[1] : "");
	unsigned lifetime, number, answered = 0;
	size_t len;

	if (!work || channel_recv(work, &lifetime, sizeof(lifetime), &len, CHANNEL_FOREVER))
		return 1;
	if (!lifetime)
		return 0;
	while (answered < lifetime) {
		if (channel_recv(work, &number, sizeof(number), &len, CHANNEL_FOREVER))
			return 2;
		number++;
		if (channel_send(work, &number, sizeof(number), CHANNEL_FOREVER))
			return 3;
		answered++;
	}
	abort();
}
