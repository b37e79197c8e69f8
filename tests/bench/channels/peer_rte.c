/* SPDX-License-Identifier: MIT */
/* DPDK's rte_ring of pointers, one by one, for one producer and one consumer. */
#include <rte_ring.h>

#include "tests/bench/channels/slots.h"

struct sender {
	struct rte_ring *ring;
	struct slots slots;
	void *entry;
};

struct receiver {
	struct rte_ring *ring;
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
	while (rte_ring_sp_enqueue(s->ring, s->entry))
		rte_pause();
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	(void)block;
	while (rte_ring_sc_dequeue(r->ring, &r->entry))
		rte_pause();
	return *len == sizeof(r->entry) ? &r->entry : r->entry;
}

static inline void link_done(struct receiver *r)
{
	(void)r;
}

#include "tests/bench/channels/loops.h"

static struct link *rte_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));
	unsigned entries = (unsigned)peer_ring_entries(len);
	struct rte_ring *ring;

	l->bytes = (size_t)rte_ring_get_memsize(2 * entries);
	ring = peer_memory(l->bytes);
	if (rte_ring_init(ring, "pointers", entries,
			  RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ))
		return NULL;
	l->s = (struct sender){ring, slots_open(len), NULL};
	l->r = (struct receiver){ring, NULL};
	return l;
}

static void rte_unlink(struct link *l)
{
	slots_close(&l->s.slots);
	peer_memory_free(l->s.ring, l->bytes);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_rte;
const struct peer peer_rte =
	LOOPS_PEER("rte_ring", PEER_STREAM | PEER_SPARSE | PEER_POLL, rte_link, rte_unlink);
