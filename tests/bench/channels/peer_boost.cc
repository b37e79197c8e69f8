/* SPDX-License-Identifier: MIT */
/* boost::lockfree::spsc_queue of pointers. */
#include <boost/lockfree/spsc_queue.hpp>

#include "tests/bench/channels/slots.h"

using boost_queue = boost::lockfree::spsc_queue<void *>;

struct sender {
	boost_queue *queue;
	struct slots slots;
	void *entry;
};

struct receiver {
	boost_queue *queue;
	void *entry;
};

struct link {
	struct sender s;
	struct receiver r;
};

static inline void *link_room(struct sender *s, size_t len, bool)
{
	if (len == sizeof(s->entry))
		return &s->entry;
	return s->entry = slots_next(&s->slots, len);
}

static inline void link_post(struct sender *s, size_t, bool)
{
	while (!s->queue->push(s->entry))
		__builtin_ia32_pause();
}

static inline void link_flush(struct sender *)
{
}

static inline const void *link_next(struct receiver *r, size_t *len, bool)
{
	while (!r->queue->pop(r->entry))
		__builtin_ia32_pause();
	return *len == sizeof(r->entry) ? &r->entry : r->entry;
}

static inline void link_done(struct receiver *)
{
}

#include "tests/bench/channels/loops.h"

static struct link *boost_link(size_t len)
{
	auto *l = static_cast<struct link *>(peer_memory(sizeof(struct link)));

	l->s = {new boost_queue(peer_ring_entries(len)), slots_open(len), nullptr};
	l->r = {l->s.queue, nullptr};
	return l;
}

static void boost_unlink(struct link *l)
{
	slots_close(&l->s.slots);
	delete l->s.queue;
	peer_memory_free(l, sizeof(*l));
}

extern "C" const struct peer peer_boost;
const struct peer peer_boost =
	LOOPS_PEER("boost spsc", PEER_STREAM | PEER_SPARSE | PEER_POLL, boost_link, boost_unlink);
