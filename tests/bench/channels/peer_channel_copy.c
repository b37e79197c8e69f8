/* SPDX-License-Identifier: MIT */
/* Our channel by the calls of channel.h that copy. */
#include "tests/bench/channels/channel_ends.h"

struct sender {
	struct channel *ch;
	unsigned char *buffer;
};

struct receiver {
	struct channel *ch;
	unsigned char *buffer;
};

struct link {
	struct sender s;
	struct receiver r;
	struct channel_ends ends;
	size_t len;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	return s->buffer;
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	while (channel_send(s->ch, s->buffer, len, block ? CHANNEL_FOREVER : CHANNEL_NOW) !=
	       CHANNEL_OK)
		bell_pause();
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	size_t size = *len;

	while (channel_recv(r->ch, r->buffer, size, len, block ? CHANNEL_FOREVER : CHANNEL_NOW) !=
	       CHANNEL_OK)
		bell_pause();
	return r->buffer;
}

static inline void link_done(struct receiver *r)
{
	(void)r;
}

#include "tests/bench/channels/loops.h"

static struct link *copy_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	l->len = len;
	l->ends = channel_ends_open(peer_ring_bytes(len));
	l->s = (struct sender){l->ends.end[0], peer_memory(len)};
	l->r = (struct receiver){l->ends.end[1], peer_memory(len)};
	return l;
}

static void copy_unlink(struct link *l)
{
	peer_memory_free(l->s.buffer, l->len);
	peer_memory_free(l->r.buffer, l->len);
	channel_ends_close(&l->ends);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_channel_copy;
const struct peer peer_channel_copy =
	LOOPS_PEER("Atoll by copy", PEER_STREAM | PEER_SPARSE | PEER_POLL | PEER_BLOCK, copy_link,
		   copy_unlink);
