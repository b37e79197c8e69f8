/* SPDX-License-Identifier: MIT */
/*
 * nng, a pair of sockets within the process, messages filled in place. Threads of
 * its own carry them, so a side that polls lets them run between two polls.
 */
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/channels/peer.h"

struct sender {
	nng_socket socket;
	nng_msg *msg;
};

struct receiver {
	nng_socket socket;
	nng_msg *msg;
};

struct link {
	struct sender s;
	struct receiver r;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)block;
	if (nng_msg_alloc(&s->msg, len))
		abort();
	return nng_msg_body(s->msg);
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	int error;

	(void)len;
	while ((error = nng_sendmsg(s->socket, s->msg, block ? 0 : NNG_FLAG_NONBLOCK)) != 0) {
		if (error != NNG_EAGAIN)
			abort();
		sched_yield();
	}
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	int error;

	while ((error = nng_recvmsg(r->socket, &r->msg, block ? 0 : NNG_FLAG_NONBLOCK)) != 0) {
		if (error != NNG_EAGAIN)
			abort();
		sched_yield();
	}
	*len = nng_msg_len(r->msg);
	return nng_msg_body(r->msg);
}

static inline void link_done(struct receiver *r)
{
	nng_msg_free(r->msg);
}

#include "tests/bench/channels/loops.h"

static struct link *nng_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));
	static unsigned number;
	int depth = (int)peer_ring_entries(len);
	char url[40];

	depth = depth > 8192 ? 8192 : depth; /* its most */
	snprintf(url, sizeof(url), "inproc://link%u", number++);
	if (nng_pair0_open(&l->s.socket) || nng_pair0_open(&l->r.socket))
		return NULL;
	if (nng_socket_set_int(l->s.socket, NNG_OPT_SENDBUF, depth) ||
	    nng_socket_set_int(l->r.socket, NNG_OPT_RECVBUF, depth))
		return NULL;
	if (nng_listen(l->r.socket, url, NULL, 0) || nng_dial(l->s.socket, url, NULL, 0))
		return NULL;
	return l;
}

static void nng_unlink(struct link *l)
{
	nng_close(l->s.socket);
	nng_close(l->r.socket);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_nng;
const struct peer peer_nng = LOOPS_PEER(
	"nng inproc", PEER_STREAM | PEER_SPARSE | PEER_POLL | PEER_BLOCK, nng_link, nng_unlink);
