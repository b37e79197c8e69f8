/* SPDX-License-Identifier: MIT */
/*
 * liburcu's wfcqueue of messages that hold their own links. It has no bound;
 * here the receiver hands nodes back an eighth of all at a time.
 */
#define _LGPL_SOURCE /* inline */
#include <urcu/wfcqueue.h>

#include "tests/bench/channels/peer.h"

#define WFCQUEUE_SHARE 8

struct wfcqueue {
	struct cds_wfcq_head head __attribute__((aligned(128)));
	struct cds_wfcq_tail tail __attribute__((aligned(128)));
	uint64_t freed __attribute__((aligned(128)));
};

struct sender {
	struct wfcqueue *queue;
	unsigned char *memory;
	uint64_t nodes, node_bytes, used, freed, at;
};

struct receiver {
	struct wfcqueue *queue;
	uint64_t nodes, received;
};

struct link {
	struct sender s;
	struct receiver r;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	while (s->used - s->freed == s->nodes) {
		s->freed = __atomic_load_n(&s->queue->freed, __ATOMIC_ACQUIRE);
		caa_cpu_relax();
	}
	return s->memory + s->at + sizeof(struct cds_wfcq_node);
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	struct cds_wfcq_node *node = (void *)(s->memory + s->at);

	(void)len;
	(void)block;
	cds_wfcq_node_init(node);
	cds_wfcq_enqueue(&s->queue->head, &s->queue->tail, node);
	s->used++;
	s->at = s->at + s->node_bytes == s->nodes * s->node_bytes ? 0 : s->at + s->node_bytes;
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	struct cds_wfcq_node *node;

	(void)len;
	(void)block;
	/* The blocking call would sleep for 10 ms where a link is not written yet. */
	do
		node = __cds_wfcq_dequeue_nonblocking(&r->queue->head, &r->queue->tail);
	while (node == NULL || node == CDS_WFCQ_WOULDBLOCK);
	return node + 1;
}

static inline void link_done(struct receiver *r)
{
	if (++r->received % (r->nodes / WFCQUEUE_SHARE) == 0)
		__atomic_store_n(&r->queue->freed, r->received, __ATOMIC_RELEASE);
}

#include "tests/bench/channels/loops.h"

static struct link *wfcqueue_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));
	struct wfcqueue *queue = peer_memory(sizeof(*queue));

	cds_wfcq_init(&queue->head, &queue->tail);
	l->s = (struct sender){
		.queue = queue,
		.nodes = peer_ring_entries(len),
		.node_bytes = sizeof(struct cds_wfcq_node) + len,
	};
	l->s.memory = peer_memory(l->s.nodes * l->s.node_bytes);
	l->r = (struct receiver){.queue = queue, .nodes = l->s.nodes};
	return l;
}

static void wfcqueue_unlink(struct link *l)
{
	cds_wfcq_destroy(&l->s.queue->head, &l->s.queue->tail);
	peer_memory_free(l->s.memory, l->s.nodes * l->s.node_bytes);
	peer_memory_free(l->s.queue, sizeof(*l->s.queue));
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_wfcqueue;
const struct peer peer_wfcqueue = LOOPS_PEER("wfcqueue", PEER_STREAM | PEER_SPARSE | PEER_POLL,
					     wfcqueue_link, wfcqueue_unlink);
