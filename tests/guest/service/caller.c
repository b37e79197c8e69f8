/* SPDX-License-Identifier: MIT */
/*
 * Connects to the desk again and again, now and then to have it fail, and tells
 * with the others' reports what came of it.
 */
#include <atoll.h>

#include <stdio.h>

#define CONNECTIONS 60U
#define DEATH_EVERY 20U

/* The desk may fail at any time: by this one's doing or the other client's. */
static bool ask(struct channel *ch, unsigned number)
{
	unsigned answer = 0;
	size_t len;

	if (channel_send(ch, &number, sizeof(number), CHANNEL_FOREVER) != CHANNEL_OK ||
	    channel_recv(ch, &answer, sizeof(answer), &len, CHANNEL_FOREVER) != CHANNEL_OK)
		return false;
	if (answer != 2 * number) {
		printf("caller: got %u for %u\n", answer, number);
		channel_break(ch);
	}
	return true;
}

/* Whether the death was told. */
static bool kill(struct channel *ch)
{
	size_t len;

	channel_send(ch, "", 0, CHANNEL_FOREVER);
	return channel_recv(ch, NULL, 0, &len, CHANNEL_FOREVER) == CHANNEL_CLOSED &&
	       channel_reason(ch) == CHANNEL_PEER_DIED;
}

static int call(void)
{
	unsigned answered = 0, lost = 0, deaths = 0;

	for (unsigned i = 1; i <= CONNECTIONS; i++) {
		struct channel *ch = channel_connect("desk", CHANNEL_FOREVER);

		if (!ch)
			return perror("caller: desk"), 1;
		if (ask(ch, i) && ask(ch, i + 1))
			answered++;
		else if (channel_reason(ch) == CHANNEL_PEER_DIED)
			lost++;
		if (i % DEATH_EVERY == 0)
			deaths += kill(ch);
		channel_drop(ch);
	}
	printf("caller: all %u connections were answered or told of a death: %s, %u deaths\n",
	       CONNECTIONS, answered + lost == CONNECTIONS ? "yes" : "no", deaths);
	return 0;
}

/* Prints what the other components say. */
static int report(struct service *done)
{
	struct channel *ch;
	char text[128];
	size_t len;

	for (unsigned i = 0; i < 2; i++) {
		if (service_accept(done, CHANNEL_FOREVER, &ch) != CHANNEL_OK ||
		    channel_recv(ch, text, sizeof(text), &len, CHANNEL_FOREVER) != CHANNEL_OK)
			return 1;
		printf("%.*s\n", (int)len, text);
		channel_drop(ch);
	}
	return 0;
}

int main(void)
{
	struct service *done;
	int status = call();

	/* Only now: who is done before waits for it. */
	done = service_listen("done");
	return status || !done || report(done);
}
