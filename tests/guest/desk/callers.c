/* SPDX-License-Identifier: MIT */
/* Twenty tasks call at once, one gives up, and all are told when the desk is gone. */
#include <atoll.h>
#include <ipc/call.h>
#include <ipc/task.h>

#include <stdio.h>
#include <time.h>

#define CALLERS 20

static struct call_client client;

static uint64_t in_ms(uint64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec + ms * 1000000;
}

static enum channel_status ask(uint64_t ms, uint64_t *reply, uint64_t deadline)
{
	size_t len = 0;
	enum channel_status status =
		call_make(&client, &ms, sizeof(ms), reply, sizeof(*reply), &len, deadline);

	return status == CHANNEL_OK && len != sizeof(*reply) ? CHANNEL_TOO_BIG : status;
}

/* The first one asked is answered last. */
static int calls(void *arg)
{
	uint64_t ms = 60 - 2 * (uint64_t)(uintptr_t)arg, reply = 0;

	return ask(ms, &reply, CHANNEL_FOREVER) != CHANNEL_OK || reply != ms;
}

static int is_told(void *unused)
{
	uint64_t reply;

	(void)unused;
	return (int)ask(5000, &reply, CHANNEL_FOREVER);
}

int main(void)
{
	struct task *tasks[CALLERS], *told;
	int wrong = 0, result;
	uint64_t reply;

	call_client_init(&client, channel_open("desk"));
	for (uintptr_t i = 0; i < CALLERS; i++)
		tasks[i] = task_spawn(calls, (void *)i, 0);
	for (unsigned i = 0; i < CALLERS; i++) {
		if (!tasks[i] || task_join(tasks[i], CHANNEL_FOREVER, &result) != CHANNEL_OK)
			return 1;
		wrong += result;
	}
	printf("callers: %d of %d calls went wrong\n", wrong, CALLERS);
	printf("callers: a slow desk: %s\n", channel_status_text(ask(5000, &reply, in_ms(5))));
	told = task_spawn(is_told, NULL, 0);
	if (!told)
		return 1;
	task_yield();
	printf("callers: a desk that dies: %s,",
	       channel_status_text(ask(0, &reply, CHANNEL_FOREVER)));
	task_join(told, CHANNEL_FOREVER, &result);
	printf(" %s, %s\n", channel_status_text((enum channel_status)result),
	       channel_reason_text(channel_reason(client.ch)));
	return 0;
}
