/* SPDX-License-Identifier: MIT */
/* Calls while both are awake, calls of a server that sleeps, messages in between, a server that
 * dies. */
#include <atoll.h>
#include <ipc/mailbox.h>

#include <stdio.h>
#include <time.h>

#define CALLS 400
#define NAPS 5

static struct channel *line;
static uint64_t sent;

static enum channel_status ask(uint64_t value, uint64_t *reply)
{
	size_t len = 0;
	enum channel_status status = mailbox_call(line, &value, sizeof(value), reply,
						  sizeof(*reply), &len, CHANNEL_FOREVER);

	return status == CHANNEL_OK && len != sizeof(*reply) ? CHANNEL_TOO_BIG : status;
}

/* The server has every message that was sent before the call, and no other. */
static int is_right(uint64_t value)
{
	uint64_t reply = 0;

	return ask(value, &reply) == CHANNEL_OK && reply == value + sent;
}

static uint64_t bells(void)
{
	struct channel_stats stats;

	channel_stats(line, &stats);
	return stats.bells;
}

/* Naps, until the server has slept through NAPS of them: how long it takes for that is its own. */
static unsigned call_after_naps(void)
{
	struct timespec nap = {.tv_nsec = 20000000};
	uint64_t before = bells();
	unsigned wrong = 0;

	for (uint64_t i = 1; bells() < before + NAPS; i++) {
		nanosleep(&nap, NULL);
		wrong += !is_right(i);
	}
	return wrong;
}

int main(void)
{
	enum channel_status status;
	unsigned wrong = 0, tired;
	uint64_t reply;

	line = channel_open("line");
	for (uint64_t i = 1; i <= CALLS; i++) {
		if (i % 7 == 0)
			sent += channel_send(line, "", 0, CHANNEL_FOREVER) == CHANNEL_OK;
		wrong += !is_right(i);
	}
	tired = call_after_naps();
	printf("caller: %u of %d calls went wrong, %u after naps\n", wrong, CALLS, tired);
	status = ask(0, &reply);
	printf("caller: a server that dies: %s, %s\n", channel_status_text(status),
	       channel_reason_text(channel_reason(line)));
	return 0;
}
