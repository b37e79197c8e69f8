/* SPDX-License-Identifier: MIT */
/*
 * Sleep and wake-up by a plain call: see container/kernel_calls.h. The stubs in
 * entry.S come here with interrupts off, on the caller's stack.
 */
#include "container/xen/direct.h"
#include "container/xen/bucket.h"
#include "container/xen/turn.h"

#include <linux/futex.h>

OFFSET_CHECK(CORE_CURRENT, struct core, current);
OFFSET_CHECK(THREAD_WORK, struct thread, work);

long direct_wait(uint32_t *word, uint32_t expected, uint64_t deadline);
long direct_wake(uint32_t *word);

struct kernel_calls direct_calls = {.wait = direct_wait, .wake = direct_wake};

static inline bool rare(bool condition)
{
	return __builtin_expect(condition, 0);
}

/* turn_block, where that is the shortest way. */
static inline int wait_begun(struct core *core, struct thread *self, uint64_t deadline)
{
	struct thread *next = core->handed;

	turn_wait_until(core, self, deadline);
	if (next && !__atomic_load_n(&core->queue_head, __ATOMIC_RELAXED))
		turn_hand_over(core, self, next);
	else
		schedule();
	self->timed = false;
	turn_wait_end(self);
	return self->wait_result;
}

long direct_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline)
{
	struct bucket *bucket = futex_bucket(word);
	struct core *core = core_self();
	struct thread *self = core->current;
	int ret;

	lock_take(&bucket->lock);
	/* As in futex_wait. The caller has just written the word: its memory is there. */
	if (rare(__atomic_load_n(word, __ATOMIC_RELAXED) != expected)) {
		lock_drop(&bucket->lock);
		return -EAGAIN;
	}
	futex_queue(bucket, self, word, FUTEX_BITSET_MATCH_ANY);
	lock_drop(&bucket->lock);
	vector_forget(self);
	if (rare(!turn_wait_begin(self)))
		ret = thread_block(deadline); /* which finds the same, and ends the wait */
	else
		ret = wait_begun(core, self, deadline);
	self->vector.is_dead = false;
	return ret;
}

/* With the bucket's lock held, which it drops. */
static __attribute__((noinline)) long wake_any(struct bucket *bucket, const uint32_t *word)
{
	struct thread **at = &bucket->head, *found;

	while (*at && (*at)->wait_word != word)
		at = &(*at)->wait_next;
	found = *at ? futex_unlink(bucket, at) : NULL;
	lock_drop(&bucket->lock);
	if (found)
		thread_wake(found, 0);
	return found != NULL;
}

static __attribute__((noinline)) long wake_later(struct bucket *bucket, const uint32_t *word)
{
	lock_take(&bucket->lock);
	return wake_any(bucket, word);
}

static __attribute__((noinline)) long wake_watched(struct core *core)
{
	schedule_watch(core);
	return 1;
}

/* The first that waits there does so for this word, on this core, in a direct call. */
static inline bool wake_is_near(const struct core *core, const struct thread *thread,
				const uint32_t *word)
{
	return thread && thread->wait_word == word && thread->core == core &&
	       thread->vector.is_dead;
}

/*
 * Such a thread is handed the core at this one's next wait: see turn_hand_over. Until
 * then it is core->handed. All that is rare is a call at an end, so that nothing is to
 * be saved for it.
 */
long direct_futex_wake(uint32_t *word)
{
	struct bucket *bucket = futex_bucket(word);
	struct core *core = core_self();
	struct thread *thread;

	if (rare(!lock_try(&bucket->lock)))
		return wake_later(bucket, word);
	thread = bucket->head;
	if (rare(core->handed || !wake_is_near(core, thread, word)))
		return wake_any(bucket, word);
	futex_unlink(bucket, &bucket->head);
	lock_drop(&bucket->lock);
	thread->wait_result = 0;
	thread->state = THREAD_READY;
	core->handed = thread;
	return rare(core->slice_end == THREAD_FOREVER) ? wake_watched(core) : 1;
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
