/* SPDX-License-Identifier: MIT */
/*
 * The calls of loops.h for a queue that carries pointers. Before including this a file
 * defines, each of one pointer, never waiting and true if it could:
 *
 *	pointer_queue                                        what both sides hold, by value
 *	bool pointer_push(const pointer_queue *, void *)
 *	bool pointer_pop(const pointer_queue *, void **)
 */
#include "tests/bench/channels/slots.h"

struct sender {
	pointer_queue queue;
	struct slots slots;
	void *entry;
};

struct receiver {
	pointer_queue queue;
	void *entry;
};

struct link {
	struct sender s;
	struct receiver r;
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
	while (!pointer_push(&s->queue, s->entry))
		__builtin_ia32_pause();
}

static inline void link_flush(struct sender *s)
{
	(void)s;
}

static inline const void *link_next(struct receiver *r, size_t *len, bool block)
{
	(void)block;
	while (!pointer_pop(&r->queue, &r->entry))
		__builtin_ia32_pause();
	return *len == sizeof(r->entry) ? &r->entry : r->entry;
}

static inline void link_done(struct receiver *r)
{
	(void)r;
}

#include "tests/bench/channels/loops.h"

static struct link *pointer_link(pointer_queue queue, size_t len)
{
	struct link *l = (struct link *)peer_memory(sizeof(*l));

	l->s.queue = l->r.queue = queue;
	l->s.slots = slots_open(len);
	return l;
}

static void pointer_unlink(struct link *l)
{
	slots_close(&l->s.slots);
	peer_memory_free(l, sizeof(*l));
}
