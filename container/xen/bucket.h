/* SPDX-License-Identifier: MIT */
/*
 * Where threads wait for a word, inline: for futex.c and direct.c.
 */
#ifndef XEN_BUCKET_H
#define XEN_BUCKET_H

#include "container/xen/lock.h"
#include "container/xen/thread.h"

#include <stddef.h>

#define BUCKETS_BITS 6
#define BUCKET_SIZE_BITS 5
#define BUCKETS (1 << BUCKETS_BITS)
#define BUCKET_SIZE (UINT64_C(1) << BUCKET_SIZE_BITS)
#define GOLDEN_RATIO UINT64_C(11400714819323198485) /* its inverse, times 2^64 */

struct bucket {
	struct lock lock; /* covers the list, and `waiting` of the threads on it */
	struct thread *head, **tail;
} __attribute__((aligned(BUCKET_SIZE)));

extern struct bucket futex_buckets[BUCKETS];

/* thread->cancel of who waits here. */
bool futex_cancel(struct thread *thread);

static inline struct bucket *futex_bucket(const uint32_t *word)
{
	uint64_t key = (uint64_t)word >> 2;
	/* Fibonacci hashing: the high bits of the product depend on every bit of the key. */
	uint64_t offset = key * GOLDEN_RATIO >> (64 - BUCKETS_BITS - BUCKET_SIZE_BITS);

	return (struct bucket *)((char *)futex_buckets + (offset & -BUCKET_SIZE));
}

/* Unlink *at, a link of the bucket's list. */
static inline struct thread *futex_unlink(struct bucket *bucket, struct thread **at)
{
	struct thread *thread = *at;

	*at = thread->wait_next;
	if (!*at)
		bucket->tail = at;
	thread->waiting = false;
	return thread;
}

/* The current thread is about to wait for the word. With the bucket's lock held. */
static inline void futex_queue(struct bucket *bucket, struct thread *self, uint32_t *word,
			       uint32_t bits)
{
	self->wait_word = word;
	self->wait_bits = bits;
	self->wait_next = NULL;
	self->waiting = true;
	self->cancel = futex_cancel;
	self->state = THREAD_BLOCKED;
	*bucket->tail = self;
	bucket->tail = &self->wait_next;
}

#endif
