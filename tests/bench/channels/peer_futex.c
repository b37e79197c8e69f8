/* SPDX-License-Identifier: MIT */
/* A bare futex: one message at a time, the receiver asleep, the sender wakes it each time. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bench/channels/peer.h"

struct futex_place {
	uint64_t message[8];
	uint32_t full;
};

struct sender {
	struct futex_place *place;
};

struct receiver {
	struct futex_place *place;
};

struct link {
	struct sender s;
	struct receiver r;
};

static inline void *link_room(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	/* There is room for one; a receiver that others kept from running may be late. */
	while (__atomic_load_n(&s->place->full, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	return s->place->message;
}

static inline void link_post(struct sender *s, size_t len, bool block)
{
	(void)len;
	(void)block;
	__atomic_store_n(&s->place->full, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &s->place->full, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	(void)len;
	(void)block;
	while (!__atomic_load_n(&r->place->full, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &r->place->full, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return r->place->message;
}

static inline void link_done(struct receiver *r)
{
	__atomic_store_n(&r->place->full, 0, __ATOMIC_RELEASE);
}

#include "tests/bench/channels/loops.h"

static struct link *futex_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	(void)len;
	l->s.place = l->r.place = peer_memory(sizeof(struct futex_place));
	return l;
}

static void futex_unlink(struct link *l)
{
	peer_memory_free(l->s.place, sizeof(struct futex_place));
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_futex;
const struct peer peer_futex =
	LOOPS_PEER("limit: futex", PEER_BLOCK | PEER_LIMIT, futex_link, futex_unlink);
