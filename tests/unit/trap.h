/* SPDX-License-Identifier: MIT */
/*
 * A life that is ended at one of its instructions, by the processor's trap flag; but
 * not where it holds signals back, as the container does where nobody may be ended.
 */
#ifndef TESTS_UNIT_TRAP_H
#define TESTS_UNIT_TRAP_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "tests/unit/step.h"

static struct {
	sigjmp_buf out;
	volatile unsigned long left; /* instructions to live */
	volatile unsigned long more; /* lived on, because nobody may be ended there */
} trap;

static inline void trap_caught(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;

	(void)signal;
	(void)info;
	if (trap.left)
		trap.left--;
	else if (sigismember(&interrupted->uc_sigmask, SIGRTMIN + 1))
		trap.more++;
	else
		siglongjmp(trap.out, 1);
}

/*
 * Whether life was ended before it was done, *at instructions from its beginning or as
 * soon as it may be; *at is then the next place.
 */
static inline bool trap_ends(void (*life)(void), unsigned long *at)
{
	trap.left = *at;
	trap.more = 0;
	if (sigsetjmp(trap.out, 1)) {
		*at += trap.more + 1;
		return true;
	}
	step_on();
	life();
	step_off();
	return false;
}

/* 0, or what sigaction says. */
static inline int trap_setup(void)
{
	return step_setup(trap_caught);
}

#endif
