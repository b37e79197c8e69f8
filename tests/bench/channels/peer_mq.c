/* SPDX-License-Identifier: MIT */
/* POSIX message queues. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/channels/peer.h"

/* What every user may have. */
#define MQ_DEPTH 10
#define MQ_MOST 8192

struct sender {
	mqd_t polled, blocking;
	unsigned char *buffer;
};

struct receiver {
	mqd_t polled, blocking;
	unsigned char *buffer;
};

struct link {
	struct sender s;
	struct receiver r;
	size_t len;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	return s->buffer;
}

static void link_post(struct sender *s, size_t len, bool block)
{
	while (mq_send(block ? s->blocking : s->polled, (const char *)s->buffer, len, 0))
		if (errno != EAGAIN && errno != EINTR)
			abort();
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static const void *link_next(struct receiver *r, size_t *len, bool block)
{
	mqd_t queue = block ? r->blocking : r->polled;
	ssize_t n;

	while ((n = mq_receive(queue, (char *)r->buffer, *len, NULL)) < 0)
		if (errno != EAGAIN && errno != EINTR)
			abort();
	*len = (size_t)n;
	return r->buffer;
}

static inline void link_done(struct receiver *r)
{
	(void)r;
}

#include "tests/bench/channels/loops.h"

static struct link *mq_link(size_t len)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct mq_attr attr = {.mq_maxmsg = MQ_DEPTH, .mq_msgsize = (long)len};
	struct link *l;
	mqd_t blocking, polled;
	char name[40];

	setrlimit(RLIMIT_MSGQUEUE, &all);
	snprintf(name, sizeof(name), "/channels-%d", (int)getpid());
	blocking = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	polled = mq_open(name, O_RDWR | O_NONBLOCK);
	mq_unlink(name);
	if (blocking < 0 || polled < 0)
		return NULL;
	l = peer_memory(sizeof(*l));
	l->len = len;
	l->s = (struct sender){polled, blocking, peer_memory(len)};
	l->r = (struct receiver){polled, blocking, peer_memory(len)};
	return l;
}

static void mq_close_both(struct link *l)
{
	mq_close(l->s.polled);
	mq_close(l->s.blocking);
	peer_memory_free(l->s.buffer, l->len);
	peer_memory_free(l->r.buffer, l->len);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_mq;
const struct peer peer_mq = {
	.name = "POSIX mq",
	.can = PEER_STREAM | PEER_SPARSE | PEER_POLL | PEER_BLOCK,
	.most = MQ_MOST,
	.open = mq_link,
	.close = mq_close_both,
	.send = loops_send,
	.receive = loops_receive,
	.ping = loops_ping,
	.pong = loops_pong,
};
