/* SPDX-License-Identifier: MIT */
/*
 * Ends behind the writer, which may not have taken standard output along.
 */
#include <atoll.h>

#include <stdio.h>

int main(void)
{
	const void *msg;
	size_t len;
	enum channel_status status =
		channel_peek(channel_open("turn"), CHANNEL_FOREVER, &msg, &len);

	fprintf(stderr, "other: %s\n", channel_status_text(status));
	return 0;
}
