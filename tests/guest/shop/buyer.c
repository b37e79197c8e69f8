/* SPDX-License-Identifier: MIT */
/* Orders many things at once, then what the shop cannot get. */
#include <atoll.h>
#include <ipc/call.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BUYER_ORDERS 20

static struct call_client client;

struct order {
	struct call call;
	char name[16];
	char reply[32];
};

static void start(struct order *o)
{
	const struct channel_part part = {o->name, strlen(o->name)};

	if (call_start(&client, &o->call, &part, 1, o->reply, sizeof(o->reply), CHANNEL_FOREVER))
		printf("buyer: %s was not sent\n", o->name);
}

static int finish(struct order *o)
{
	char expected[32];
	int len = snprintf(expected, sizeof(expected), "%s, sir", o->name);
	enum channel_status status = call_wait(&client, &o->call, CHANNEL_FOREVER);

	call_drop(&client, &o->call);
	return status == CHANNEL_OK && o->call.length == (size_t)len &&
	       !memcmp(o->reply, expected, o->call.length);
}

static void buy_many(void)
{
	static struct order orders[BUYER_ORDERS];
	int right = 0;

	for (int i = 0; i < BUYER_ORDERS; i++) {
		snprintf(orders[i].name, sizeof(orders[i].name), "dish %d", i);
		start(&orders[i]);
	}
	for (int i = 0; i < BUYER_ORDERS; i++)
		right += finish(&orders[i]);
	printf("buyer: %d of %d orders\n", right, BUYER_ORDERS);
}

static void buy(const char *name)
{
	char reply[64];
	size_t len;
	enum channel_status status =
		call_make(&client, name, strlen(name), reply, sizeof(reply), &len, CHANNEL_FOREVER);

	printf("buyer: %s: %s, %.*s\n", name, channel_status_text(status), (int)len, reply);
}

int main(void)
{
	char over[8];
	size_t len;

	call_client_init(&client, channel_open("orders"));
	buy_many();
	buy("ghost");
	if (channel_recv(channel_open("end"), over, sizeof(over), &len, CHANNEL_FOREVER))
		return 1;
	buy("fire");
	buy("soup");
	channel_close(client.ch);
	return 0;
}
