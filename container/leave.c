/* SPDX-License-Identifier: MIT */
/*
 * Leaving: see leave.h.
 */
#include "container/leave.h"

#include <errno.h>
#include <string.h>

#include "container/signals.h"
#include "container/streams.h"
#include "container/trace.h"

/*
 * The C library's longjmp calls the cleanup handlers of the frames it jumps over,
 * by which its own functions unlock what they lock. One that only waits for a
 * lock would unlock it under its owner's hands. So the jump is made from within
 * the frame it goes to: then no frame lies between, and the handlers are dropped.
 */
static _Noreturn void base_jump(const struct thread_base *base)
{
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%1"
			 :
			 : "r"(base->stack + THREAD_JUMP_BYTES), "a"(siglongjmp), "D"(base->jump),
			   "S"(1)
			 : "memory");
	__builtin_unreachable();
}

_Noreturn void leave_now(struct thread *t)
{
	thread_outside(t);
	t->holds = 0;
	atomic_store_explicit(&t->leaves, false, memory_order_relaxed);
	atomic_store_explicit(&t->leave_is_sent, false, memory_order_relaxed);
	streams_unlock();
	base_jump(t->base);
}

void thread_outside(struct thread *t)
{
	t->is_inside = false;
}

static bool leave_is_wanted(const struct thread *t)
{
	return t->is_inside && !t->holds && atomic_load_explicit(&t->leaves, memory_order_relaxed);
}

void thread_enter(struct thread *t)
{
	t->is_inside = true;
	if (leave_is_wanted(t))
		leave_now(t);
}

void thread_hold(void)
{
	struct thread *t = thread_self();

	if (t)
		t->holds++;
}

void thread_release(void)
{
	struct thread *t = thread_self();

	if (!t)
		return;
	t->holds--;
	if (leave_is_wanted(t))
		leave_now(t);
}

/* Where a library returns to, in place of the code that called it. */
static void __attribute__((used)) leave_returned(void)
{
	leave_now(thread_self());
}

__asm__(".pushsection .text.leave, \"ax\"\n"
	"leave_trampoline:\n\t"
	"and $-16, %rsp\n\t"
	"call leave_returned\n"
	".popsection");

extern const char leave_trampoline[];

/*
 * Where the allocator or the C library is at work, it is let go on to its end: the
 * address that it will return to becomes that of the trampoline.
 */
static void leave_consider(struct thread *t, ucontext_t *context)
{
	uint64_t *slot;

	if (!trace_way_out(t, context, &slot))
		return;
	if (slot)
		*slot = (uint64_t)leave_trampoline;
	else
		leave_now(t);
}

/*
 * Held meanwhile: the code that is interrupted is not to leave on the strength of
 * what a second look at this handler finds.
 */
static void leave_handler(int signal, siginfo_t *info, void *context)
{
	struct thread *t = thread_self();
	int kept = errno;

	(void)signal;
	(void)info;
	if (!t)
		return;
	if (leave_is_wanted(t) && !t->may_escape) {
		t->holds++;
		leave_consider(t, context);
		t->holds--;
	}
	atomic_store_explicit(&t->leave_is_sent, false, memory_order_relaxed);
	errno = kept;
}

void leave_ask(struct thread *t)
{
	atomic_store_explicit(&t->leaves, true, memory_order_relaxed);
	if (!atomic_exchange_explicit(&t->leave_is_sent, true, memory_order_relaxed))
		pthread_kill(t->id, SIGNAL_LEAVE);
}

int leave_init(void)
{
	return signal_catch(SIGNAL_LEAVE, leave_handler, SA_ONSTACK);
}
