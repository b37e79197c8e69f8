/* SPDX-License-Identifier: MIT */
/* Concurrency Kit's ck_ring, for one producer and one consumer. */
#include <ck_ring.h>

#include "tests/bench/channels/slots.h"

struct sender {
	ck_ring_t *ring;
	ck_ring_buffer_t *buffer;
	struct slots slots;
	void *entry;
};

struct receiver {
	ck_ring_t *ring;
	ck_ring_buffer_t *buffer;
	void *entry;
};

struct link {
	struct sender s;
	struct receiver r;
	size_t bytes;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)block;
	if (len == sizeof(s->entry))
		return &s->entry;
	return s->entry = slots_next(&s->slots, len);
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	while (!ck_ring_enqueue_spsc(s->ring, s->buffer, s->entry))
		ck_pr_stall();
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	(void)block;
	while (!ck_ring_dequeue_spsc(r->ring, r->buffer, &r->entry))
		ck_pr_stall();
	return *len == sizeof(r->entry) ? &r->entry : r->entry;
}

static inline void link_done(struct receiver *r)
{
	(void)r;
}

#include "tests/bench/channels/loops.h"

static struct link *ck_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));
	ck_ring_t *ring = peer_memory(sizeof(*ring));

	l->bytes = peer_ring_entries(len) * sizeof(ck_ring_buffer_t);
	l->s = (struct sender){ring, peer_memory(l->bytes), slots_open(len), NULL};
	l->r = (struct receiver){ring, l->s.buffer, NULL};
	ck_ring_init(ring, (unsigned)peer_ring_entries(len));
	return l;
}

static void ck_unlink(struct link *l)
{
	slots_close(&l->s.slots);
	peer_memory_free(l->s.buffer, l->bytes);
	peer_memory_free(l->s.ring, sizeof(*l->s.ring));
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_ck;
const struct peer peer_ck =
	LOOPS_PEER("ck_ring", PEER_STREAM | PEER_SPARSE | PEER_POLL, ck_link, ck_unlink);
