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
	bool (*each)(void *argument, const struct trace_frame *frame);
	void *argument;
};

static _Unwind_Reason_Code walk_frame(struct _Unwind_Context *frame, void *argument)
{
	struct walk *walk = argument;
	int at_fault = 0;
	uint64_t ip = _Unwind_GetIPInfo(frame, &at_fault);
	/* The frame that it called ends, upwards, with the address to return to. */
	struct trace_frame seen = {ip, !at_fault, (uint64_t *)_Unwind_GetCFA(frame) - 1};

	if (ip == walk->start)
		walk->is_past_handler = true;
	if (!walk->is_past_handler)
		return _URC_NO_REASON;
	if (!ip || !walk->each(walk->argument, &seen))
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
	struct trace_frame top = {.ip = (uint64_t)regs[REG_RIP]};
	uint64_t offset;

	walk->start = top.ip;
	if (symbol_at(walk->start, &offset) || !symbols_exist())
		return true;
	if (!walk->each(walk->argument, &top))
		return false;
	memcpy(&regs[REG_RIP], (const void *)regs[REG_RSP], sizeof(greg_t));
	regs[REG_RSP] += (greg_t)sizeof(greg_t);
	walk->start = (uint64_t)regs[REG_RIP];
	return true;
}

bool trace_walk(struct thread *t, ucontext_t *context,
		bool (*each)(void *argument, const struct trace_frame *frame), void *argument)
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

/* A return address may lie behind the last instruction of its function. */
static bool frame_in_allocator(const struct trace_frame *frame)
{
	return lies_between(frame->ip - frame->is_caller, image_malloc_start, image_malloc_end);
}

static bool frame_in_library(const struct trace_frame *frame)
{
	return lies_between(frame->ip - frame->is_caller, image_libc_start, image_libc_end);
}

/* About to come back from a system call. */
static bool frame_in_call(const struct trace_frame *frame)
{
	const char *ip = (const char *)frame->ip;

	return !memcmp(ip - sizeof(call_code), call_code, sizeof(call_code));
}

struct search {
	unsigned depth;
	bool found;
	uint64_t *slot;
};

static bool search_allocator(void *argument, const struct trace_frame *frame)
{
	struct search *search = argument;

	search->found = frame_in_allocator(frame);
	return !search->found && ++search->depth < ALLOCATOR_DEPTH;
}

bool trace_in_allocator(struct thread *t, ucontext_t *context)
{
	struct search search = {0};

	trace_walk(t, context, search_allocator, &search);
	return search.found;
}

/*
 * The innermost frame that is in neither library, but for what the allocator
 * calls, and for a signal handler, which says nothing of what it interrupted.
 */
static bool search_way_out(void *argument, const struct trace_frame *frame)
{
	struct search *search = argument;

	if (!frame->is_caller || frame_in_allocator(frame))
		search->found = false;
	if (!search->found && !frame_in_allocator(frame) &&
	    (!frame_in_library(frame) || (!frame->is_caller && frame_in_call(frame)))) {
		search->found = true;
		search->slot = frame->is_caller ? frame->slot : NULL;
	}
	return ++search->depth < ALLOCATOR_DEPTH;
}

bool trace_way_out(struct thread *t, ucontext_t *context, uint64_t **slot)
{
	struct search search = {0};

	if (!trace_walk(t, context, search_way_out, &search))
		return false;
	*slot = search.slot;
	return search.found;
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
