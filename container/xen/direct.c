/* SPDX-License-Identifier: MIT */
/*
 * Sleep and wake-up by a plain call: see container/kernel_calls.h. The stubs in
 * entry.S come here with interrupts off, on the caller's stack.
 */
#include "container/xen/direct.h"
#include "container/xen/core.h"
#include "container/xen/futex.h"
#include "container/xen/vector.h"

#include <linux/futex.h>

OFFSET_CHECK(CORE_CURRENT, struct core, current);
OFFSET_CHECK(THREAD_WORK, struct thread, work);

long direct_wait(uint32_t *word, uint32_t expected, uint64_t deadline);
long direct_wake(uint32_t *word);

struct kernel_calls direct_calls = {.wait = direct_wait, .wake = direct_wake};

long direct_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline)
{
	struct thread *self = thread_current();
	long ret;

	vector_forget(self);
	ret = futex_wait(word, expected, FUTEX_BITSET_MATCH_ANY, deadline);
	self->vector.is_dead = false;
	return ret;
}

long direct_futex_wake(uint32_t *word)
{
	return futex_wake(word, 1, FUTEX_BITSET_MATCH_ANY);
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
