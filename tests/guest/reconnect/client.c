/* SPDX-License-Identifier: MIT */
/*
 * Outlives its server many times: gets every answer that was sent, is told of
 * each death, and connects again, until the server ends well and does not return.
 */
#include <atoll.h>

#include <errno.h>
#include <stdio.h>

#define LIVES 10

static int fail(const char *what, unsigned life)
{
	printf("life %u: %s\n", life, what);
	return 1;
}

/* One life of the server, from its first message to its end. */
static int live(struct channel *work, unsigned lifetime, unsigned life)
{
	enum channel_status status;
	unsigned number, answers = 0;
	size_t len;

	if (channel_send(work, &lifetime, sizeof(lifetime), CHANNEL_FOREVER))
		return fail("cannot begin", life);
	for (number = 0; number < lifetime; number++)
		if (channel_send(work, &number, sizeof(number), CHANNEL_FOREVER))
			return fail("cannot send", life);
	while (!(status = channel_recv(work, &number, sizeof(number), &len, CHANNEL_FOREVER)))
		if (number != ++answers)
			return fail("a wrong answer", life);
	if (status != CHANNEL_CLOSED || answers != lifetime)
		return fail("an answer is missing", life);
	if (channel_reason(work) != (lifetime ? CHANNEL_PEER_DIED : CHANNEL_FINISHED))
		return fail(channel_reason_text(channel_reason(work)), life);
	return 0;
}

int main(void)
{
	for (unsigned life = 0; life <= LIVES; life++) {
		struct channel *work = channel_open("work");

		if (!work)
			return fail("refused", life);
		if (live(work, life < LIVES ? life % 5 + 1 : 0, life))
			return 1;
	}
	if (channel_open("work") || errno != ECONNREFUSED)
		return fail("a server that has gone takes connections", LIVES);
	printf("all %d deaths were told\n", LIVES);
	return 0;
}
