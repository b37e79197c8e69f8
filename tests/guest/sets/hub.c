/* SPDX-License-Identifier: MIT */
/* Waits for three channels and a timer at once, until all three are closed. */
#include <atoll.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PEERS 3

struct peer {
	const char *name;
	struct channel *ch;
	struct channel_member *member;
	int received;
	bool wrong;
};

static struct peer peers[PEERS] = {{.name = "red"}, {.name = "green"}, {.name = "blue"}};
static unsigned open_peers = PEERS;

static uint64_t in_ms(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec + ms * UINT64_C(1000000);
}

static void take(struct peer *p)
{
	int number;
	size_t len;

	if (channel_recv(p->ch, &number, sizeof(number), &len, CHANNEL_NOW) == CHANNEL_OK) {
		p->wrong |= number != p->received++;
		return;
	}
	printf("hub: %s: %d numbers%s, then: %s\n", p->name, p->received,
	       p->wrong ? ", not in order" : "", channel_reason_text(channel_reason(p->ch)));
	channel_member_remove(p->member);
	open_peers--;
}

int main(void)
{
	struct channel_set *set = channel_set_new();
	struct channel_member *timer = set ? channel_set_timer(set, in_ms(10), NULL) : NULL;
	unsigned ticks = 0;
	void *tag;

	for (unsigned i = 0; i < PEERS && timer; i++) {
		peers[i].ch = channel_open(peers[i].name);
		peers[i].member = channel_set_receive(set, peers[i].ch, &peers[i]);
	}
	while (open_peers || !ticks) {
		enum channel_status status = channel_set_wait(set, in_ms(20000), &tag);

		if (status != CHANNEL_OK) {
			printf("hub: %s\n", channel_status_text(status));
			return 1;
		}
		if (tag)
			take(tag);
		else if (++ticks < 5)
			channel_member_time(timer, in_ms(10));
	}
	printf("hub: the timer ran beside them\n");
	channel_set_free(set);
	return 0;
}
