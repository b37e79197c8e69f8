/* SPDX-License-Identifier: MIT */
/* boost::lockfree::spsc_queue of pointers. */
#include <boost/lockfree/spsc_queue.hpp>

using boost_queue = boost::lockfree::spsc_queue<void *>;
using pointer_queue = boost_queue *;

static inline bool pointer_push(const pointer_queue *q, void *entry)
{
	return (*q)->push(entry);
}

static inline bool pointer_pop(const pointer_queue *q, void **entry)
{
	return (*q)->pop(*entry);
}

#include "tests/bench/channels/pointer_link.h"

static struct link *boost_link(size_t len)
{
	return pointer_link(new boost_queue(peer_ring_entries(len)), len);
}

static void boost_unlink(struct link *l)
{
	delete l->s.queue;
	pointer_unlink(l);
}

extern "C" const struct peer peer_boost;
const struct peer peer_boost =
	LOOPS_PEER("boost spsc", PEER_STREAM | PEER_SPARSE | PEER_POLL, boost_link, boost_unlink);
