/* SPDX-License-Identifier: MIT */
/* ZeroMQ, a pair of sockets within the process, messages filled in place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "tests/bench/channels/peer.h"

struct sender {
	void *socket;
	zmq_msg_t msg;
};

struct receiver {
	void *socket;
	zmq_msg_t msg;
};

struct link {
	struct sender s;
	struct receiver r;
	void *context;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)block;
	if (zmq_msg_init_size(&s->msg, len))
		abort();
	return zmq_msg_data(&s->msg);
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	(void)len;
	while (zmq_msg_send(&s->msg, s->socket, block ? 0 : ZMQ_DONTWAIT) < 0)
		if (errno != EAGAIN && errno != EINTR)
			abort();
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	zmq_msg_init(&r->msg);
	while (zmq_msg_recv(&r->msg, r->socket, block ? 0 : ZMQ_DONTWAIT) < 0)
		if (errno != EAGAIN && errno != EINTR)
			abort();
	*len = zmq_msg_size(&r->msg);
	return zmq_msg_data(&r->msg);
}

static inline void link_done(struct receiver *r)
{
	zmq_msg_close(&r->msg);
}

#include "tests/bench/channels/loops.h"

static struct link *zmq_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));
	int depth = (int)peer_ring_entries(len);

	l->context = zmq_ctx_new();
	l->s.socket = zmq_socket(l->context, ZMQ_PAIR);
	l->r.socket = zmq_socket(l->context, ZMQ_PAIR);
	if (!l->s.socket || !l->r.socket)
		return NULL;
	zmq_setsockopt(l->s.socket, ZMQ_SNDHWM, &depth, sizeof(depth));
	zmq_setsockopt(l->r.socket, ZMQ_RCVHWM, &depth, sizeof(depth));
	if (zmq_bind(l->r.socket, "inproc://link") || zmq_connect(l->s.socket, "inproc://link"))
		return NULL;
	return l;
}

static void zmq_unlink(struct link *l)
{
	zmq_close(l->s.socket);
	zmq_close(l->r.socket);
	zmq_ctx_term(l->context);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_zmq;
const struct peer peer_zmq = LOOPS_PEER(
	"ZeroMQ inproc", PEER_STREAM | PEER_SPARSE | PEER_POLL | PEER_BLOCK, zmq_link, zmq_unlink);
