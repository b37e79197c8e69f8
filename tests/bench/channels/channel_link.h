/* SPDX-License-Identifier: MIT */
/* Our channel by its streams; CHANNEL_POST is how a message in its room is let go. */
#include "ipc/channel_stream.h"
#include "ipc/endpoint.h"

struct sender {
	struct channel_writer w;
};

struct receiver {
	struct channel_reader r;
};

struct link {
	struct sender s;
	struct receiver r;
	struct ring rings[2];
	struct channel *ends[2];
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
	CHANNEL_POST(&s->w, len);
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

static struct ring channel_ring(size_t bytes)
{
	struct ring ring = {
		.control = peer_memory(sizeof(struct ring_control)),
		.memory = peer_memory(bytes),
		.size = bytes,
	};

	ring_init(&ring, 0);
	return ring;
}

static struct link *channel_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	l->rings[0] = channel_ring(peer_ring_bytes(len));
	l->rings[1] = channel_ring(RING_MIN_BYTES);
	for (unsigned i = 0; i < 2; i++) {
		l->ends[i] = peer_memory(sizeof(struct channel));
		endpoint_init(l->ends[i], &l->rings[i], &l->rings[1 - i], 0);
	}
	l->s.w = channel_writer_open(l->ends[0]);
	l->r.r = channel_reader_open(l->ends[1]);
	return l;
}

static void channel_unlink(struct link *l)
{
	for (unsigned i = 0; i < 2; i++) {
		peer_memory_free(l->ends[i], sizeof(struct channel));
		peer_memory_free(l->rings[i].control, sizeof(struct ring_control));
		peer_memory_free(l->rings[i].memory, l->rings[i].size);
	}
	peer_memory_free(l, sizeof(*l));
}
