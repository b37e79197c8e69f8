/* SPDX-License-Identifier: MIT */
/*
 * Futexes: see futex.h. Waiters hang in buckets by the address of their word,
 * in the order in which they came.
 */
#include "container/xen/core.h"
#include "container/xen/futex.h"
#include "container/xen/lock.h"
#include "container/xen/thread.h"
#include "container/xen/user.h"

#include <asm/errno.h>

#define BUCKETS 64
#define GOLDEN_RATIO UINT64_C(11400714819323198485) /* its inverse, times 2^64 */

struct bucket {
	struct lock lock; /* covers the list, and `waiting` of the threads on it */
	struct thread *head, **tail;
};

static struct bucket buckets[BUCKETS];

void futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		buckets[i].tail = &buckets[i].head;
}

static struct bucket *bucket_of(const uint32_t *word)
{
	uint64_t key = (uint64_t)word >> 2;

	/* Fibonacci hashing: the high bits of the product depend on every bit of the key. */
	return &buckets[key * GOLDEN_RATIO >> 58];
}

_Static_assert(BUCKETS == 1 << (64 - 58), "bucket_of gives every bucket and no more");

/* Unlink *at, a link of the bucket's list. */
static struct thread *unlink(struct bucket *bucket, struct thread **at)
{
	struct thread *thread = *at;

	*at = thread->wait_next;
	if (!*at)
		bucket->tail = at;
	thread->waiting = false;
	return thread;
}

static bool futex_cancel(struct thread *thread)
{
	struct bucket *bucket = bucket_of(thread->wait_word);
	bool was_waiting;

	lock_take(&bucket->lock);
	was_waiting = thread->waiting;
	if (was_waiting) {
		struct thread **at = &bucket->head;

		while (*at != thread)
			at = &(*at)->wait_next;
		unlink(bucket, at);
	}
	lock_drop(&bucket->lock);
	return was_waiting;
}

int futex_wait(uint32_t *word, uint32_t expected, uint32_t bits, uint64_t deadline)
{
	struct bucket *bucket = bucket_of(word);
	struct thread *self = thread_current();
	uint32_t value;
	int ret;

	lock_take(&bucket->lock);
	/* The waker changes the word /then/ takes this lock: it finds us, or we its change. */
	ret = user_load32(&value, word);
	if (!ret && value != expected)
		ret = -EAGAIN;
	if (ret) {
		lock_drop(&bucket->lock);
		return ret;
	}
	self->wait_word = word;
	self->wait_bits = bits;
	self->wait_next = NULL;
	self->waiting = true;
	self->cancel = futex_cancel;
	self->state = THREAD_BLOCKED;
	*bucket->tail = self;
	bucket->tail = &self->wait_next;
	lock_drop(&bucket->lock);
	return thread_block(deadline);
}

int futex_wake(uint32_t *word, unsigned count, uint32_t bits)
{
	struct bucket *bucket = bucket_of(word);
	struct thread **at = &bucket->head;
	unsigned woken = 0;

	lock_take(&bucket->lock);
	while (*at && woken < count) {
		if ((*at)->wait_word != word || !((*at)->wait_bits & bits)) {
			at = &(*at)->wait_next;
			continue;
		}
		thread_wake(unlink(bucket, at), 0);
		woken++;
	}
	lock_drop(&bucket->lock);
	return (int)woken;
}
