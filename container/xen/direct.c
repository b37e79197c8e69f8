/* SPDX-License-Identifier: MIT */
/*
 * Sleep and wake-up by a plain call: see container/kernel_calls.h. The stubs in
 * entry.S come here with interrupts off, on the caller's stack.
 */
#include "container/xen/direct.h"
#include "container/xen/bucket.h"
#include "container/xen/turn.h"
#include "container/xen/user.h"

#include <linux/futex.h>

OFFSET_CHECK(CORE_CURRENT, struct core, current);
OFFSET_CHECK(THREAD_WORK, struct thread, work);

long direct_wait(uint32_t *word, uint32_t expected, uint64_t deadline);
long direct_wake(uint32_t *word);

struct kernel_calls direct_calls = {.wait = direct_wait, .wake = direct_wake};

long direct_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline)
{
	struct bucket *bucket = futex_bucket(word);
	struct thread *self = thread_current();
	uint32_t value = expected;
	long ret;

	lock_take(&bucket->lock);
	/* As in futex_wait. */
	ret = user_load32(&value, word);
	if (ret || value != expected) {
		lock_drop(&bucket->lock);
		return ret ? ret : -EAGAIN;
	}
	futex_queue(bucket, self, word, FUTEX_BITSET_MATCH_ANY);
	lock_drop(&bucket->lock);
	vector_forget(self);
	ret = turn_block(deadline);
	self->vector.is_dead = false;
	return ret;
}

/* The first that waits for the word, off its bucket. */
static inline struct thread *first_take(uint32_t *word)
{
	struct bucket *bucket = futex_bucket(word);
	struct thread **at = &bucket->head, *found;

	lock_take(&bucket->lock);
	while (*at && (*at)->wait_word != word)
		at = &(*at)->wait_next;
	found = *at ? futex_unlink(bucket, at) : NULL;
	lock_drop(&bucket->lock);
	return found;
}

long direct_futex_wake(uint32_t *word)
{
	struct thread *thread = first_take(word);

	if (!thread)
		return 0;
	thread->wait_result = 0;
	turn_ready(thread);
	return 1;
}

void direct_leave(const struct regs *regs)
{
	struct thread *self = thread_current();

	self->resume.regs = *regs;
	self->signals.interrupted = -1;
	thread_leave_by(&self->resume.regs);
}

void direct_stray(void)
{
	/* A full fence: what the thread does on its new core comes behind. */
	__atomic_store_n(&direct_calls.strayed, 1, __ATOMIC_SEQ_CST);
}
