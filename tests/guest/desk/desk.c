/* SPDX-License-Identifier: MIT */
/* Answers requests, each in a task of its own that sleeps as long as it is asked to; 0 ends it
 * badly. */
#include <atoll.h>
#include <ipc/call.h>
#include <ipc/task.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct channel *desk;

struct request {
	uint64_t id;
	uint64_t ms;
};

static uint64_t in_ms(uint64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec + ms * 1000000;
}

static int answer(void *arg)
{
	struct request *r = arg;

	task_sleep(in_ms(r->ms));
	call_reply(desk, r->id, &r->ms, sizeof(r->ms), CHANNEL_FOREVER);
	free(r);
	return 0;
}

int main(void)
{
	struct task *task;
	const void *msg;
	uint64_t id;
	size_t len;

	desk = channel_open("desk");
	while (call_receive(desk, CHANNEL_FOREVER, &id, &msg, &len) == CHANNEL_OK) {
		struct request *r = len == sizeof(r->ms) ? malloc(sizeof(*r)) : NULL;

		if (!r)
			return 1;
		r->id = id;
		memcpy(&r->ms, msg, len);
		channel_release(desk);
		if (r->ms == 0) {
			free(r);
			return 3;
		}
		task = task_spawn(answer, r, 2 * TASK_STACK_MIN);
		if (!task) {
			free(r);
			return 1;
		}
		task_detach(task);
	}
	return 0;
}
