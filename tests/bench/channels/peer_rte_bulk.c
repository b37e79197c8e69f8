/* SPDX-License-Identifier: MIT */
/* DPDK's rte_ring with the messages in the ring itself, 32 at a time. */
#include <rte_ring.h>
#include <rte_ring_peek_zc.h>

#include "tests/bench/channels/peer.h"

#define RTE_BULK 32u

/* A bulk in the ring, in up to two pieces; at is the next message of it. */
struct rte_bulk {
	struct rte_ring *ring;
	unsigned char *at, *second;
	unsigned first_left, left, taken;
};

struct sender {
	struct rte_bulk bulk;
};

struct receiver {
	struct rte_bulk bulk;
	size_t len;
};

struct link {
	struct sender s;
	struct receiver r;
	size_t bytes;
};

static inline void rte_bulk_begin(struct rte_bulk *b, const struct rte_ring_zc_data *zcd,
				  unsigned n)
{
	b->at = zcd->ptr1;
	b->second = zcd->ptr2;
	b->first_left = zcd->n1;
	b->left = b->taken = n;
}

static inline void rte_bulk_step(struct rte_bulk *b, size_t len)
{
	b->at += len;
	b->left--;
	if (--b->first_left == 0)
		b->at = b->second;
}

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	struct rte_ring_zc_data zcd;

	(void)block;
	if (!s->bulk.left) {
		while (!rte_ring_enqueue_zc_bulk_elem_start(s->bulk.ring, (unsigned)len, RTE_BULK,
							    &zcd, NULL))
			rte_pause();
		rte_bulk_begin(&s->bulk, &zcd, RTE_BULK);
	}
	return s->bulk.at;
}

static inline void link_flush(struct sender *s)
{
	if (s->bulk.taken)
		rte_ring_enqueue_zc_elem_finish(s->bulk.ring, s->bulk.taken - s->bulk.left);
	s->bulk.left = s->bulk.taken = 0;
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	(void)block;
	rte_bulk_step(&s->bulk, len);
	if (!s->bulk.left)
		link_flush(s);
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	struct rte_ring_zc_data zcd;
	unsigned n;

	(void)block;
	r->len = *len;
	if (!r->bulk.left) {
		while ((n = rte_ring_dequeue_zc_burst_elem_start(r->bulk.ring, (unsigned)*len,
								 RTE_BULK, &zcd, NULL)) == 0)
			rte_pause();
		rte_bulk_begin(&r->bulk, &zcd, n);
	}
	return r->bulk.at;
}

static inline void link_done(struct receiver *r)
{
	rte_bulk_step(&r->bulk, r->len);
	if (!r->bulk.left) {
		rte_ring_dequeue_zc_elem_finish(r->bulk.ring, r->bulk.taken);
		r->bulk.taken = 0;
	}
}

#include "tests/bench/channels/loops.h"

static struct link *rte_bulk_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));
	unsigned entries = (unsigned)peer_ring_entries(len);
	struct rte_ring *ring;

	l->bytes = (size_t)rte_ring_get_memsize_elem((unsigned)len, entries);
	ring = peer_memory(l->bytes);
	if (rte_ring_init(ring, "messages", entries, RING_F_SP_ENQ | RING_F_SC_DEQ))
		return NULL;
	l->s.bulk.ring = l->r.bulk.ring = ring;
	return l;
}

static void rte_bulk_unlink(struct link *l)
{
	peer_memory_free(l->s.bulk.ring, l->bytes);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_rte_bulk;
const struct peer peer_rte_bulk =
	LOOPS_PEER("rte_ring zc 32", PEER_BATCH, rte_bulk_link, rte_bulk_unlink);
