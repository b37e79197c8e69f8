/* SPDX-License-Identifier: MIT */
/*
 * Sends a name, prints the answer.
 */
#include <atoll.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct channel *talk = channel_open("talk");
	const char *name = argc > 1 ? argv[1] : "world";
	char answer[256];
	size_t size;

	if (channel_send(talk, name, strlen(name), CHANNEL_FOREVER) != CHANNEL_OK)
		return 1;
	if (channel_recv(talk, answer, sizeof(answer), &size, CHANNEL_FOREVER) != CHANNEL_OK)
		return 1;
	printf("%.*s\n", (int)size, answer);
	return 0;
}
