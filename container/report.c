/* SPDX-License-Identifier: MIT */
/*
 * The text of a crash: see report.h.
 */
#define _GNU_SOURCE /* names of registers */

#include "container/report.h"

#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "container/cause.h"
#include "container/format.h"
#include "container/image.h"
#include "container/life.h"
#include "container/symbol.h"
#include "container/thread.h"
#include "container/trace.h"

#define LINE_BYTES 384
#define CAUSE_BYTES 256
#define BACKTRACE_DEPTH 32

/* Whose failure is being reported: one at a time. */
static _Atomic(const struct thread *) reporter;

/* Standard error may be a pipe that is full, or a console that takes less at a time. */
static void text_write(const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(STDERR_FILENO, text, size);

		if (done <= 0)
			return;
		text += done;
		size -= (size_t)done;
	}
}

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	char text[LINE_BYTES];
	va_list list;

	va_start(list, format);
	text_write(text, print_list(text, sizeof(text), format, list));
	va_end(list);
}

void report_line(const char *format, ...)
{
	static const char prefix[] = "atoll: ";
	char text[LINE_BYTES] = "atoll: ";
	size_t used = sizeof(prefix) - 1;
	va_list list;

	va_start(list, format);
	used += print_list(text + used, sizeof(text) - used - 1, format, list);
	va_end(list);
	text[used++] = '\n';
	text_write(text, used);
}

static void registers_say(const ucontext_t *context)
{
	const greg_t *r = context->uc_mcontext.gregs;

	say(" rip %016llx  rsp %016llx  rflags %08llx\n", r[REG_RIP], r[REG_RSP], r[REG_EFL]);
	say(" rax %016llx  rbx %016llx  rcx %016llx\n", r[REG_RAX], r[REG_RBX], r[REG_RCX]);
	say(" rdx %016llx  rsi %016llx  rdi %016llx\n", r[REG_RDX], r[REG_RSI], r[REG_RDI]);
	say(" rbp %016llx  r8  %016llx  r9  %016llx\n", r[REG_RBP], r[REG_R8], r[REG_R9]);
	say(" r10 %016llx  r11 %016llx  r12 %016llx\n", r[REG_R10], r[REG_R11], r[REG_R12]);
	say(" r13 %016llx  r14 %016llx  r15 %016llx\n", r[REG_R13], r[REG_R14], r[REG_R15]);
	say(" cr2 %016llx\n", r[REG_CR2]);
}

static bool frame_say(void *argument, const struct trace_frame *frame)
{
	unsigned *depth = argument;
	uint64_t offset;
	/* A return address may lie behind the last instruction of its function. */
	const char *name = symbol_at(frame->ip - frame->is_caller, &offset);

	if (name)
		say(" #%-2u %016lx %s+%#lx\n", *depth, frame->ip, name, offset + frame->is_caller);
	else
		say(" #%-2u %016lx ?\n", *depth, frame->ip);
	return ++*depth < BACKTRACE_DEPTH;
}

static void report_begin(const struct thread *t)
{
	const struct thread *nobody = NULL;

	while (!atomic_compare_exchange_strong_explicit(&reporter, &nobody, t, memory_order_acquire,
							memory_order_relaxed)) {
		nobody = NULL;
		sched_yield();
	}
}

bool report_is_under_way(const struct thread *t)
{
	return atomic_load_explicit(&reporter, memory_order_relaxed) == t;
}

void report_failure(struct thread *t, const siginfo_t *info, ucontext_t *context)
{
	const struct image_component *spec = t->component->spec;
	char cause[CAUSE_BYTES];
	unsigned depth = 0;

	report_begin(t);
	cause_describe(t, info, context, cause, sizeof(cause));
	say("\natoll: component %s failed in thread %u on core %u: %s\n", spec->name, t->number,
	    spec->core, cause);
	registers_say(context);
	say(" backtrace:\n");
	if (!trace_walk(t, context, frame_say, &depth))
		say(" (the rest cannot be read)\n");
	atomic_store_explicit(&reporter, NULL, memory_order_release);
}
