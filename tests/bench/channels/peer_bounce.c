/* SPDX-License-Identifier: MIT */
/* Two words, one of each side, in one line and in two: the shortest round trips. */
#include <x86intrin.h>

#include "tests/bench/channels/peer.h"

struct link {
	uint64_t *mine, *theirs;
	unsigned char *memory;
};

#define BOUNCE_BYTES 512

static void bounce_ping(struct link *there, struct link *back, struct load *load)
{
	(void)back;
	for (uint64_t i = 0; i < load->count; i++) {
		uint64_t begun = __rdtsc();

		__atomic_store_n(there->mine, load->first + i + 1, __ATOMIC_RELEASE);
		while (__atomic_load_n(there->theirs, __ATOMIC_ACQUIRE) != load->first + i + 1)
			_mm_pause();
		load->samples[i] = __rdtsc() - begun;
	}
}

static void bounce_pong(struct link *there, struct link *back, struct load *load)
{
	(void)back;
	for (uint64_t i = 0; i < load->count; i++) {
		while (__atomic_load_n(there->mine, __ATOMIC_ACQUIRE) != load->first + i + 1)
			_mm_pause();
		__atomic_store_n(there->theirs, load->first + i + 1, __ATOMIC_RELEASE);
	}
}

static struct link *bounce_link(size_t apart)
{
	struct link *l = peer_memory(sizeof(*l));

	l->memory = peer_memory(BOUNCE_BYTES);
	l->mine = (void *)l->memory;
	l->theirs = (void *)(l->memory + apart);
	return l;
}

static struct link *bounce_one(size_t len)
{
	(void)len;
	return bounce_link(8);
}

static struct link *bounce_two(size_t len)
{
	(void)len;
	return bounce_link(BOUNCE_BYTES / 2);
}

static void bounce_unlink(struct link *l)
{
	peer_memory_free(l->memory, BOUNCE_BYTES);
	peer_memory_free(l, sizeof(*l));
}

#define BOUNCE_PEER(text, opened)                                                                  \
	{                                                                                          \
		.name = text, .can = PEER_POLL | PEER_LIMIT, .open = opened,                       \
		.close = bounce_unlink, .ping = bounce_ping, .pong = bounce_pong,                  \
	}

extern const struct peer peer_bounce_one, peer_bounce_two;
const struct peer peer_bounce_one = BOUNCE_PEER("limit: one line", bounce_one);
const struct peer peer_bounce_two = BOUNCE_PEER("limit: two lines", bounce_two);
