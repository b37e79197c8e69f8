/* SPDX-License-Identifier: MIT */
/*
 * Runs the parts one after the other, on an alternate stack for their handlers.
 */
#include "signals.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_SIZE 32768

static unsigned failures;

void expect(bool ok, const char *what)
{
	if (ok)
		return;
	printf("signals: failed: %s\n", what);
	failures++;
}

struct sigaction handler_set(int signal, signal_handler *handler, int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags}, before;

	expect(!__sigaction(signal, &action, &before), "sigaction takes a handler");
	return before;
}

/* Nothing but the kernel is left to say what happened. */
static __attribute__((noinline)) void end_unhandled(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	volatile uintptr_t nowhere = (uintptr_t)signal;

	__sigaction(signal, &action, NULL);
	if (signal == SIGSEGV)
		*(volatile int *)nowhere = 1;
	raise(signal);
	failures++; /* or the call would be a jump, and this function not in the report */
}

int main(int argc, char **argv)
{
	static char memory[STACK_SIZE];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

	if (argc > 1)
		end_unhandled(atoi(argv[1]));
	/* The one that components call refuses. */
	expect(!syscall(SYS_sigaltstack, &stack, NULL), "sigaltstack takes a stack");
	check_faults();
	printf("signals: faults checked\n");
	check_masks();
	printf("signals: masks checked\n");
	check_waits();
	printf("signals: waits checked\n");
	check_registers();
	printf("signals: registers checked\n");
	check_unwinding();
	if (!failures)
		printf("signals: all is as on Linux\n");
	return failures != 0;
}
