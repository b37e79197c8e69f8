/* SPDX-License-Identifier: MIT */
/*
 * A handler can walk the stack of what it interrupted, wherever that was: in the
 * middle of a function, in a system call, on the way out of one; and code that no
 * unwind table names is in no function, which the unwinder says and lives.
 */
#define _GNU_SOURCE /* syscall */
#include "signals.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#define CALLS 100

/* Code without a word for the unwinder, like what pads one function from the next. */
__asm__(".pushsection .text.unnamed, \"ax\"\n"
	"unnamed_code:\n\t"
	".skip 16, 0x90\n"
	".popsection");

extern const char unnamed_code[];

static volatile sig_atomic_t count, found;
static void *wanted;

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument)
{
	void *at = (void *)_Unwind_GetIP(context);

	if (_Unwind_FindEnclosingFunction(at) == wanted)
		*(int *)argument = 1;
	return _URC_NO_REASON;
}

static void walk(int signal, siginfo_t *info, void *context)
{
	int seen = 0;

	(void)signal, (void)info, (void)context;
	_Unwind_Backtrace(look, &seen);
	found += seen;
	count++;
}

static __attribute__((noinline)) void spin(struct pelting *pelting)
{
	pelting->begun = 1;
	while (!pelting->over)
		;
}

static __attribute__((noinline)) void call(struct pelting *pelting)
{
	pelting->begun = 1;
	while (!pelting->over)
		for (int i = 0; i < CALLS; i++)
			syscall(SYS_getpid);
}

static __attribute__((noinline)) void raise_one(void)
{
	raise(SIGUSR1);
	count++; /* or the call would be a jump, and this function not on the stack */
}

static void check_one(void (*code)(struct pelting *pelting), const char *what)
{
	struct pelting pelting;

	count = found = 0;
	wanted = (void *)(uintptr_t)code;
	pelt_start(&pelting, &count);
	code(&pelting);
	pthread_join(pelting.thread, NULL);
	expect(count >= PELT_ROUNDS && found == count, what);
}

/* That which interrupts a function at its first instruction asks for what precedes it. */
static void check_unnamed(void)
{
	for (int i = 1; i < 16; i++)
		expect(!_Unwind_FindEnclosingFunction((void *)(uintptr_t)(unnamed_code + i)),
		       "code without unwind tables is in no function");
}

void check_unwinding(void)
{
	check_unnamed();
	handler_set(SIGUSR1, walk, SA_ONSTACK);
	check_one(spin, "a handler finds the function that was interrupted");
	check_one(call, "and one that makes system calls");
	count = found = 0;
	wanted = (void *)(uintptr_t)raise_one;
	raise_one();
	expect(found == 1, "and one that sends itself a signal");
}
