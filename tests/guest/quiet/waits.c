/* SPDX-License-Identifier: MIT */
/*
 * Waits for what does not come before the end, as its argument says: for a message, for
 * room, for anything in a set, or in many tasks.
 */
#include <atoll.h>
#include <ipc/set.h>
#include <ipc/task.h>

#include <stdio.h>
#include <string.h>

#define TASKS 3

static enum channel_status receive(const char *name)
{
	const void *msg;
	size_t len;

	return channel_peek(channel_open(name), CHANNEL_FOREVER, &msg, &len);
}

static enum channel_status wait_for_room(void)
{
	struct channel *ch = channel_open("sender");
	enum channel_status status;

	while ((status = channel_send(ch, "12345678", 8, CHANNEL_FOREVER)) == CHANNEL_OK)
		;
	return status;
}

static enum channel_status wait_in_set(void)
{
	struct channel_set *set = channel_set_new();
	struct channel *far = channel_open("set"), *beside = channel_open("beside");
	void *tag;

	channel_set_receive(set, far, far);
	channel_set_receive(set, beside, beside);
	channel_set_timer(set, CHANNEL_FOREVER, NULL);
	channel_set_event(set, NULL);
	return channel_set_wait(set, CHANNEL_FOREVER, &tag);
}

static int run_receive(void *name)
{
	return (int)receive(name);
}

static int run_sleep(void *unused)
{
	(void)unused;
	return (int)task_sleep(CHANNEL_FOREVER);
}

static int run_join(void *task)
{
	return (int)task_join(task, CHANNEL_FOREVER, NULL);
}

static enum channel_status wait_in_tasks(void)
{
	static char name[] = "tasks";
	struct task *tasks[TASKS];
	int result = 0;

	tasks[0] = task_spawn(run_receive, name, 0);
	tasks[1] = task_spawn(run_sleep, NULL, 0);
	tasks[2] = task_spawn(run_join, tasks[1], 0);
	task_join(tasks[0], CHANNEL_FOREVER, &result);
	return (enum channel_status)result;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	enum channel_status status;

	if (!strcmp(how, "sender"))
		status = wait_for_room();
	else if (!strcmp(how, "set"))
		status = wait_in_set();
	else if (!strcmp(how, "tasks"))
		status = wait_in_tasks();
	else
		status = receive(how);
	printf("%s: waited, %s\n", how, channel_status_text(status));
	return 0;
}
