/* SPDX-License-Identifier: MIT */
/* Concurrency Kit's ck_ring, for one producer and one consumer. */
#include <ck_ring.h>
#include <stddef.h>

typedef struct {
	ck_ring_t *ring;
	ck_ring_buffer_t *buffer;
	size_t bytes;
} pointer_queue;

static inline bool pointer_push(const pointer_queue *q, void *entry)
{
	return ck_ring_enqueue_spsc(q->ring, q->buffer, entry);
}

static inline bool pointer_pop(const pointer_queue *q, void **entry)
{
	return ck_ring_dequeue_spsc(q->ring, q->buffer, entry);
}

#include "tests/bench/channels/pointer_link.h"

static struct link *ck_link(size_t len)
{
	pointer_queue q = {.bytes = peer_ring_entries(len) * sizeof(ck_ring_buffer_t)};

	q.ring = peer_memory(sizeof(*q.ring));
	q.buffer = peer_memory(q.bytes);
	ck_ring_init(q.ring, (unsigned)peer_ring_entries(len));
	return pointer_link(q, len);
}

static void ck_unlink(struct link *l)
{
	pointer_queue q = l->s.queue;

	pointer_unlink(l);
	peer_memory_free(q.buffer, q.bytes);
	peer_memory_free(q.ring, sizeof(*q.ring));
}

extern const struct peer peer_ck;
const struct peer peer_ck =
	LOOPS_PEER("ck_ring", PEER_STREAM | PEER_SPARSE | PEER_POLL, ck_link, ck_unlink);
