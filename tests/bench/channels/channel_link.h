/* SPDX-License-Identifier: MIT */
/* Our channel by its streams, CHANNEL_BATCH messages visible together. */
#include "ipc/channel_stream.h"
#include "tests/bench/channels/channel_ends.h"

struct sender {
	struct channel_writer w;
	unsigned added;
};

struct receiver {
	struct channel_reader r;
};

struct link {
	struct sender s;
	struct receiver r;
	struct channel_ends ends;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	void *room;

	while (channel_writer_room(&s->w, len, block ? CHANNEL_FOREVER : CHANNEL_NOW, &room) !=
	       CHANNEL_OK)
		bell_pause();
	return room;
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	(void)block;
	if (CHANNEL_BATCH == 1) {
		channel_writer_commit(&s->w, len);
		return;
	}
	channel_writer_add(&s->w, len);
	if (++s->added % CHANNEL_BATCH == 0)
		channel_writer_flush(&s->w);
}

static inline void link_flush(struct sender *s)
{
	channel_writer_flush(&s->w);
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	const void *msg;

	while (channel_reader_next(&r->r, block ? CHANNEL_FOREVER : CHANNEL_NOW, &msg, len) !=
	       CHANNEL_OK)
		bell_pause();
	return msg;
}

static inline void link_done(struct receiver *r)
{
	channel_reader_done(&r->r);
}

#include "tests/bench/channels/loops.h"

static struct link *channel_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	l->ends = channel_ends_open(peer_ring_bytes(len));
	l->s.w = channel_writer_open(l->ends.end[0]);
	l->r.r = channel_reader_open(l->ends.end[1]);
	return l;
}

static void channel_unlink(struct link *l)
{
	channel_ends_close(&l->ends);
	peer_memory_free(l, sizeof(*l));
}
