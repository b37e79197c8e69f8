/* SPDX-License-Identifier: MIT */
/*
 * Pipes and Unix sockets. The stream ones are given nothing to tell messages
 * apart, which favours them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/channels/peer.h"

#define FD_BUFFER (1 << 20)

struct sender {
	int fd;
	unsigned char *buffer;
};

struct receiver {
	int fd;
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

/* Blocking or not is set with the mode of the descriptor; EAGAIN polls on. */
static void fd_must(ssize_t n)
{
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		abort();
}

/* One descriptor a thread and burst, mostly: asked for again only when it changes. */
static void fd_mode(int fd, bool block)
{
	static __thread int last_fd = -1, last_block = -1;

	if (fd == last_fd && block == last_block)
		return;
	fcntl(fd, F_SETFL, block ? 0 : O_NONBLOCK);
	last_fd = fd;
	last_block = block;
}

static void link_post(struct sender *s, size_t len, bool block)
{
	fd_mode(s->fd, block);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(s->fd, s->buffer + done, len - done);

		fd_must(n);
		done += n > 0 ? (size_t)n : 0;
	}
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static const void *link_next(struct receiver *r, size_t *len, bool block)
{
	fd_mode(r->fd, block);
	for (size_t done = 0; done < *len;) {
		ssize_t n = read(r->fd, r->buffer + done, *len - done);

		fd_must(n);
		done += n > 0 ? (size_t)n : 0;
	}
	return r->buffer;
}

static inline void link_done(struct receiver *r)
{
	(void)r;
}

#include "tests/bench/channels/loops.h"

static struct link *fd_link(int from, int to, size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	l->len = len;
	l->s = (struct sender){from, peer_memory(len)};
	l->r = (struct receiver){to, peer_memory(len)};
	return l;
}

static void fd_unlink(struct link *l)
{
	close(l->s.fd);
	close(l->r.fd);
	peer_memory_free(l->s.buffer, l->len);
	peer_memory_free(l->r.buffer, l->len);
	peer_memory_free(l, sizeof(*l));
}

static struct link *pipe_link(size_t len)
{
	int ends[2];

	if (pipe(ends))
		return NULL;
	fcntl(ends[1], F_SETPIPE_SZ, FD_BUFFER);
	return fd_link(ends[1], ends[0], len);
}

static struct link *socket_link(int type, size_t len)
{
	int ends[2], bytes = FD_BUFFER;

	if (socketpair(AF_UNIX, type, 0, ends))
		return NULL;
	/* Beyond the usual limit only where we may. */
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return fd_link(ends[0], ends[1], len);
}

static struct link *stream_link(size_t len)
{
	return socket_link(SOCK_STREAM, len);
}

static struct link *seqpacket_link(size_t len)
{
	return socket_link(SOCK_SEQPACKET, len);
}

#define FD_CAN (PEER_STREAM | PEER_SPARSE | PEER_POLL | PEER_BLOCK)

extern const struct peer peer_pipe, peer_unix_stream, peer_unix_seqpacket;
const struct peer peer_pipe = LOOPS_PEER("pipe", FD_CAN, pipe_link, fd_unlink);
const struct peer peer_unix_stream = LOOPS_PEER("Unix stream", FD_CAN, stream_link, fd_unlink);
const struct peer peer_unix_seqpacket =
	LOOPS_PEER("Unix seqpacket", FD_CAN, seqpacket_link, fd_unlink);
