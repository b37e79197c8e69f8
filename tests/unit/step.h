/* SPDX-License-Identifier: MIT */
/* The processor's trap flag: from step_on to step_off, a SIGTRAP after every instruction. */
#ifndef TESTS_UNIT_STEP_H
#define TESTS_UNIT_STEP_H

#include <signal.h>
#include <stddef.h>

/* Below the red zone. */
static inline void step_on(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::
				 : "memory", "cc");
}

static inline void step_off(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::
				 : "memory", "cc");
}

/* Who is called then; 0, or what sigaction says. */
static inline int step_setup(void (*stepped)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = stepped, .sa_flags = SA_SIGINFO};

	return sigaction(SIGTRAP, &action, NULL);
}

#endif
