/* SPDX-License-Identifier: MIT */
/* DPDK's rte_ring of pointers, one by one, for one producer and one consumer. */
#include <rte_ring.h>

typedef struct {
	struct rte_ring *ring;
	size_t bytes;
} pointer_queue;

static inline bool pointer_push(const pointer_queue *q, void *entry)
{
	return rte_ring_sp_enqueue(q->ring, entry) == 0;
}

static inline bool pointer_pop(const pointer_queue *q, void **entry)
{
	return rte_ring_sc_dequeue(q->ring, entry) == 0;
}

#include "tests/bench/channels/pointer_link.h"

static struct link *rte_link(size_t len)
{
	unsigned entries = (unsigned)peer_ring_entries(len);
	pointer_queue q = {.bytes = (size_t)rte_ring_get_memsize(2 * entries)};

	q.ring = peer_memory(q.bytes);
	if (rte_ring_init(q.ring, "pointers", entries,
			  RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ))
		return NULL;
	return pointer_link(q, len);
}

static void rte_unlink(struct link *l)
{
	pointer_queue q = l->s.queue;

	pointer_unlink(l);
	peer_memory_free(q.ring, q.bytes);
}

extern const struct peer peer_rte;
const struct peer peer_rte =
	LOOPS_PEER("rte_ring", PEER_STREAM | PEER_SPARSE | PEER_POLL, rte_link, rte_unlink);
