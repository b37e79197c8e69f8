/* SPDX-License-Identifier: MIT */
/* Serves each connection in a task of its own: doubles numbers, and fails when it gets none. */
#include <atoll.h>
#include <ipc/task.h>

#include <stdlib.h>

static int serve(void *arg)
{
	struct channel *ch = arg;
	unsigned number;
	size_t len;

	while (channel_recv(ch, &number, sizeof(number), &len, CHANNEL_FOREVER) == CHANNEL_OK) {
		if (len != sizeof(number))
			abort();
		number *= 2;
		if (channel_send(ch, &number, sizeof(number), CHANNEL_FOREVER) != CHANNEL_OK)
			break;
	}
	channel_drop(ch);
	return 0;
}

int main(void)
{
	struct service *desk = service_listen("desk");
	enum channel_status status;
	struct channel *ch;
	struct task *t;

	if (!desk)
		return 1;
	while ((status = service_accept(desk, CHANNEL_FOREVER, &ch)) == CHANNEL_OK) {
		t = task_spawn(serve, ch, 0);
		if (!t)
			return 2;
		task_detach(t);
	}
	return status == CHANNEL_STOPPING ? 0 : 3;
}
