/* SPDX-License-Identifier: MIT */
/*
 * Runs the parts one after the other, on an alternate stack for their handlers.
 */
#include "signals.h"

#include <stdio.h>

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

int main(void)
{
	static char memory[STACK_SIZE];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

	expect(!sigaltstack(&stack, NULL), "sigaltstack takes a stack");
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
