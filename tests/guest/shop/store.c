/* SPDX-License-Identifier: MIT */
/*
 * Answers the shop's requests five at a time, the last one first; fails what is called
 * "ghost", and ends badly at "fire".
 */
#include <atoll.h>
#include <ipc/call.h>

#include <stdbool.h>
#include <string.h>

#define STORE_BATCH 5

struct request {
	uint64_t id;
	char name[16];
	size_t len;
};

static bool take(struct channel *ch, struct request *r)
{
	const void *msg;

	if (call_receive(ch, CHANNEL_FOREVER, &r->id, &msg, &r->len) || r->len > sizeof(r->name))
		return false;
	memcpy(r->name, msg, r->len);
	channel_release(ch);
	return true;
}

static bool is(const struct request *r, const char *name)
{
	return r->len == strlen(name) && !memcmp(r->name, name, r->len);
}

int main(void)
{
	struct channel *ch = channel_open("stock");
	struct request r[STORE_BATCH];
	int n = 0;

	while (take(ch, &r[n])) {
		if (is(&r[n], "fire"))
			return 3;
		if (is(&r[n], "ghost"))
			call_fail(ch, r[n].id, "we have no ghosts", CHANNEL_FOREVER);
		else
			n++;
		if (n < STORE_BATCH)
			continue;
		for (; n; n--)
			call_reply(ch, r[n - 1].id, r[n - 1].name, r[n - 1].len, CHANNEL_FOREVER);
	}
	return 0;
}
