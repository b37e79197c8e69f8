/* SPDX-License-Identifier: MIT */
/*
 * What the bench knows of a peer: one file each fills in one of these, most by
 * way of loops.h.
 *
 * A link carries messages one way, from one thread to one other. The length of
 * a link's messages is fixed when it is opened; a peer whose messages know
 * their length carries it all the same.
 */
#ifndef TESTS_BENCH_CHANNELS_PEER_H
#define TESTS_BENCH_CHANNELS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct link;

#define PEER_TURN 16 /* messages between work; a burst of work has a multiple of these */

/* One burst: what one of the two threads is to do, and what it found. */
struct load {
	size_t len;
	uint64_t first, count; /* numbers of the messages */
	uint64_t work;         /* steps of own work before each message */
	uint64_t idle;         /* ticks of silence before each message */
	bool block;            /* wait as the peer waits, asleep if it can; else poll */
	/*
	 * Ticks. Of ping: each trip's. Of wake: the sender's clock, then the wake-up's. Of work:
	 * what each PEER_TURN messages have added to it, as two's complement.
	 */
	uint64_t *samples;
	uint64_t begun, ended; /* ticks */
	uint64_t bad;          /* not 0: some byte or length was not the one sent */
};

enum peer_can {
	PEER_STREAM = 1,  /* each message visible at once */
	PEER_BATCH = 2,   /* several messages become visible together */
	PEER_POLL = 4,    /* round trips by polling */
	PEER_BLOCK = 8,   /* round trips by sleeping */
	PEER_SPARSE = 16, /* sends now and then, between work of its own */
	PEER_LIMIT = 32,  /* no interface at all: what the machine can do */
	PEER_CALL = 64,   /* calls and their replies by an interface of their own */
};

struct peer {
	const char *name;
	unsigned can;
	size_t most;                      /* bytes of a message; 0: any */
	struct link *(*open)(size_t len); /* NULL: could not */
	void (*close)(struct link *l);
	void (*send)(struct link *l, struct load *load);
	void (*receive)(struct link *l, struct load *load);
	void (*ping)(struct link *there, struct link *back, struct load *load);
	void (*pong)(struct link *there, struct link *back, struct load *load);
};

/* Memory of a link's messages, the same for all that have it from us. */
static inline size_t peer_ring_bytes(size_t len)
{
	size_t least = (size_t)1 << 20;

	return 64 * len > least ? 64 * len : least;
}

/* Messages in flight in a ring of messages or of pointers to them: a power of two. */
static inline size_t peer_ring_entries(size_t len)
{
	size_t most = peer_ring_bytes(len) / len, entries = 1;

	while (entries <= most / 2)
		entries *= 2;
	return entries;
}

/* Zeroed, in huge pages where the kernel has some; aborts where there is no memory. */
void *peer_memory(size_t bytes);
void peer_memory_free(void *p, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
