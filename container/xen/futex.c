/* SPDX-License-Identifier: MIT */
/*
 * Futexes: see futex.h. Waiters hang in buckets by the address of their word,
 * in the order in which they came.
 */
#include "container/xen/bucket.h"
#include "container/xen/core.h"
#include "container/xen/futex.h"
#include "container/xen/lock.h"
#include "container/xen/thread.h"
#include "container/xen/user.h"

#include <asm/errno.h>

struct bucket futex_buckets[BUCKETS];

void futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		futex_buckets[i].tail = &futex_buckets[i].head;
}

bool futex_cancel(struct thread *thread)
{
	struct bucket *bucket = futex_bucket(thread->wait_word);
	bool was_waiting;

	lock_take(&bucket->lock);
	was_waiting = thread->waiting;
	if (was_waiting) {
		struct thread **at = &bucket->head;

		while (*at != thread)
			at = &(*at)->wait_next;
		futex_unlink(bucket, at);
	}
	lock_drop(&bucket->lock);
	return was_waiting;
}

int futex_wait(uint32_t *word, uint32_t expected, uint32_t bits, uint64_t deadline)
{
	struct bucket *bucket = futex_bucket(word);
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
	futex_queue(bucket, self, word, bits);
	lock_drop(&bucket->lock);
	return thread_block(deadline);
}

int futex_wake(uint32_t *word, unsigned count, uint32_t bits)
{
	struct bucket *bucket = futex_bucket(word);
	struct thread **at = &bucket->head;
	unsigned woken = 0;

	lock_take(&bucket->lock);
	while (*at && woken < count) {
		if ((*at)->wait_word != word || !((*at)->wait_bits & bits)) {
			at = &(*at)->wait_next;
			continue;
		}
		thread_wake(futex_unlink(bucket, at), 0);
		woken++;
	}
	lock_drop(&bucket->lock);
	return (int)woken;
}
