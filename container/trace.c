/* SPDX-License-Identifier: MIT */
/*
 * Looking at interrupted code: see trace.h.
 */
#define _GNU_SOURCE /* names of registers */

#include "container/trace.h"

#include <string.h>
#include <unwind.h>

#include "container/symbol.h"
#include "container/thread.h"

/* The allocator is never deeper than this below what it calls. */
#define ALLOCATOR_DEPTH 48

/* From the linker script; not there in a build that does without it. */
extern const char image_malloc_start[] __attribute__((weak));
extern const char image_malloc_end[] __attribute__((weak));
extern const char image_libc_start[] __attribute__((weak));
extern const char image_libc_end[] __attribute__((weak));

static const unsigned char call_code[] = {0x0f, 0x05}; /* syscall */

struct walk {
	uint64_t start; /* the interrupted instruction: what comes before is the handler's */
	bool is_past_handler;
	bool (*each)(void *argument, uint64_t ip, bool behind_call);
	void *argument;
};

static _Unwind_Reason_Code walk_frame(struct _Unwind_Context *frame, void *argument)
{
	struct walk *walk = argument;
	int at_fault = 0;
	uint64_t ip = _Unwind_GetIPInfo(frame, &at_fault);

	if (ip == walk->start)
		walk->is_past_handler = true;
	if (!walk->is_past_handler)
		return _URC_NO_REASON;
	if (!ip || !walk->each(walk->argument, ip, !at_fault))
		return _URC_END_OF_STACK;
	return _URC_NO_REASON;
}

/*
 * A jump to where no function is: the unwinder has no rule for it, but it was a
 * call, and the caller's address lies on the stack. Go on as if in the caller.
 */
static bool walk_begin(struct walk *walk, ucontext_t *context)
{
	greg_t *regs = context->uc_mcontext.gregs;
	uint64_t offset;

	walk->start = (uint64_t)regs[REG_RIP];
	if (symbol_at(walk->start, &offset) || !symbols_exist())
		return true;
	if (!walk->each(walk->argument, walk->start, false))
		return false;
	memcpy(&regs[REG_RIP], (const void *)regs[REG_RSP], sizeof(greg_t));
	regs[REG_RSP] += (greg_t)sizeof(greg_t);
	walk->start = (uint64_t)regs[REG_RIP];
	return true;
}

bool trace_walk(struct thread *t, ucontext_t *context,
		bool (*each)(void *argument, uint64_t ip, bool behind_call), void *argument)
{
	struct walk walk = {.each = each, .argument = argument};

	if (sigsetjmp(t->escape, 0)) {
		t->may_escape = false;
		return false;
	}
	t->may_escape = true;
	if (walk_begin(&walk, context))
		_Unwind_Backtrace(walk_frame, &walk);
	t->may_escape = false;
	return true;
}

static bool lies_between(uint64_t ip, const char *start, const char *end)
{
	return ip >= (uint64_t)start && ip < (uint64_t)end;
}

struct search {
	unsigned depth;
	bool found;
};

static bool search_frame(void *argument, uint64_t ip, bool behind_call)
{
	struct search *search = argument;

	search->found = lies_between(ip - behind_call, image_malloc_start, image_malloc_end);
	return !search->found && ++search->depth < ALLOCATOR_DEPTH;
}

bool trace_in_allocator(struct thread *t, ucontext_t *context)
{
	struct search search = {0};

	trace_walk(t, context, search_frame, &search);
	return search.found;
}

static uint64_t context_ip(const ucontext_t *context)
{
	return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
}

bool trace_in_library(const ucontext_t *context)
{
	return lies_between(context_ip(context), image_libc_start, image_libc_end);
}

bool trace_in_call(const ucontext_t *context)
{
	const char *ip = (const char *)context_ip(context);

	return !memcmp(ip - sizeof(call_code), call_code, sizeof(call_code));
}

static _Unwind_Reason_Code init_frame(struct _Unwind_Context *frame, void *argument)
{
	(void)frame;
	(void)argument;
	return _URC_END_OF_STACK;
}

void trace_init(void)
{
	_Unwind_Backtrace(init_frame, NULL);
}
