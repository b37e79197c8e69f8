/* SPDX-License-Identifier: MIT */
/* bank.c: adds what it is sent to one balance; serves each connection in a task. */
#include <atoll.h>
#include <ipc/task.h>

#include <stdio.h>

static int64_t balance; /* tasks take turns only where they wait */

static int serve(void *arg)
{
	struct channel *customer = arg;
	int64_t cents;
	size_t size;

	while (channel_recv(customer, &cents, sizeof(cents), &size, CHANNEL_FOREVER) ==
	       CHANNEL_OK) {
		balance += cents;
		channel_send(customer, &balance, sizeof(balance), CHANNEL_FOREVER);
	}
	channel_drop(customer);
	return 0;
}

int main(void)
{
	struct service *account = service_listen("account");
	struct channel *customer;
	struct task *task;

	while (service_accept(account, CHANNEL_FOREVER, &customer) == CHANNEL_OK) {
		task = task_spawn(serve, customer, 0);
		if (!task)
			return 1;
		task_detach(task);
	}
	printf("the bank closes with %.2f\n", (double)balance / 100);
	return 0;
}
