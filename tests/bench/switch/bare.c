/* SPDX-License-Identifier: MIT */
/* Hand-written switches, and swapcontext. */
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "tests/bench/switch/switch.h"

/* MXCSR and the x87 control word, as at the start. */
#define BARE_WORDS (UINT64_C(0x037f) << 32 | 0x1f80)

static char bare_stack[SWITCH_STACK] __attribute__((aligned(64)));
static void *bare_here, *bare_there;

/* A stack whose switch goes on at run: `words` for the control words, six registers. */
static void *bare_make(void (*run)(void), unsigned words)
{
	uint64_t *sp = (uint64_t *)(void *)(bare_stack + SWITCH_STACK);

	*--sp = 0; /* aligned as behind a call */
	*--sp = (uint64_t)run;
	sp -= 6 + words;
	memset(sp, 0, (6 + words) * sizeof(*sp));
	if (words)
		*sp = BARE_WORDS;
	return sp;
}

static void bare_registers_there(void)
{
	for (;;)
		bare_registers(&bare_there, bare_here);
}

static void bare_words_there(void)
{
	for (;;)
		bare_words(&bare_there, bare_here);
}

void switch_registers(uint64_t trips)
{
	bare_there = bare_make(bare_registers_there, 0);
	while (trips--)
		bare_registers(&bare_here, bare_there);
}

void switch_words(uint64_t trips)
{
	bare_there = bare_make(bare_words_there, 1);
	while (trips--)
		bare_words(&bare_here, bare_there);
}

static ucontext_t context_here, context_there;

static void context_run(void)
{
	for (;;)
		swapcontext(&context_there, &context_here);
}

static void context_make(void)
{
	getcontext(&context_there);
	context_there.uc_stack.ss_sp = bare_stack;
	context_there.uc_stack.ss_size = SWITCH_STACK;
	makecontext(&context_there, context_run, 0);
}

void switch_ucontext(uint64_t trips)
{
	context_make();
	while (trips--)
		swapcontext(&context_here, &context_there);
}
