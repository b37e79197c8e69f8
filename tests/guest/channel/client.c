/* SPDX-License-Identifier: MIT */
/*
 * Sends messages of every length to the server and expects them back.
 */
#include <atoll.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS 600

static unsigned char sent[64 * 1024], received[64 * 1024];

static int round_trip(struct channel *echo, size_t length)
{
	size_t size = 0;

	for (size_t i = 0; i < length; i++)
		sent[i] = (unsigned char)(i * 31 + length);
	if (channel_send(echo, sent, length, CHANNEL_FOREVER) != CHANNEL_OK)
		return printf("client: send of %zu bytes failed\n", length);
	if (channel_recv(echo, received, sizeof(received), &size, CHANNEL_FOREVER) != CHANNEL_OK ||
	    size != length || memcmp(sent, received, length) != 0)
		return printf("client: %zu bytes came back as %zu others\n", length, size);
	return 0;
}

int main(void)
{
	struct channel *echo = channel_open("echo"), *doomed = channel_open("doomed");
	struct timespec nap = {.tv_nsec = 20000000};
	size_t max = channel_max(echo);
	const void *message;
	size_t size;

	for (size_t i = 0; i < ROUNDS; i++) {
		if (round_trip(echo, i * i % (max + 1)))
			return 1;
		/* Let the server fall asleep now and then. */
		if (i % 100 == 0)
			nanosleep(&nap, NULL);
	}
	if (round_trip(echo, 0) || round_trip(echo, max))
		return 1;
	if (channel_send(echo, sent, max + 1, CHANNEL_FOREVER) != CHANNEL_TOO_BIG)
		return printf("client: a message over the limit was taken\n");
	channel_finish(echo);
	if (channel_peek(echo, CHANNEL_FOREVER, &message, &size) != CHANNEL_CLOSED ||
	    channel_reason(echo) != CHANNEL_FINISHED)
		return printf("client: %s\n", channel_reason_text(channel_reason(echo)));
	if (channel_peek(doomed, CHANNEL_FOREVER, &message, &size) != CHANNEL_CLOSED)
		return printf("client: the doomed channel is open\n");
	printf("client: all came back; then: %s\n", channel_reason_text(channel_reason(doomed)));
	return 0;
}
