/* SPDX-License-Identifier: MIT */
/*
 * Registers outlive a handler that uses them all, wherever it comes in between.
 */
#include "signals.h"

#include <fenv.h>
#include <stdint.h>

static volatile sig_atomic_t count, rounding;

static void spoil(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\t"
			 "pxor %%xmm7, %%xmm7\n\t"
			 "pxor %%xmm15, %%xmm15\n\t"
			 "xor %%r8d, %%r8d\n\t"
			 "xor %%r15d, %%r15d\n\t"
			 "fldpi\n\t"
			 "fstp %%st"
			 :
			 :
			 : "xmm0", "xmm7", "xmm15", "r8", "r15", "cc");
	rounding = fegetround();
	count++;
}

/* Spin with a pattern in the registers and below the stack pointer until *stop; is it there? */
static bool spin(uint64_t pattern, volatile int *flag)
{
	uint64_t sum = 0, red = 0;

	__asm__ volatile("mov %[p], -64(%%rsp)\n\t"
			 "movq %[p], %%xmm0\n\t"
			 "movq %[p], %%xmm7\n\t"
			 "movq %[p], %%xmm15\n\t"
			 "pslldq $8, %%xmm15\n\t"
			 "mov %[p], %%r8\n\t"
			 "mov %[p], %%r15\n\t"
			 "mov %[p], %%r11\n\t"
			 "mov %[p], %%rcx\n"
			 "1:\n\t"
			 "cmpl $0, (%[f])\n\t"
			 "je 1b\n\t"
			 "movq %%xmm0, %[s]\n\t"
			 "movq %%xmm7, %[r]\n\t"
			 "add %[r], %[s]\n\t"
			 "psrldq $8, %%xmm15\n\t"
			 "movq %%xmm15, %[r]\n\t"
			 "add %[r], %[s]\n\t"
			 "add %%r8, %[s]\n\t"
			 "add %%r15, %[s]\n\t"
			 "add %%r11, %[s]\n\t"
			 "add %%rcx, %[s]\n\t"
			 "mov -64(%%rsp), %[r]"
			 : [s] "+&r"(sum), [r] "+&r"(red)
			 : [p] "r"(pattern), [f] "r"(flag)
			 : "xmm0", "xmm7", "xmm15", "r8", "r11", "r15", "rcx", "cc", "memory");
	return sum == pattern * 7 && red == pattern;
}

static void check_spinning(void)
{
	struct pelting pelting;

	count = 0;
	pelt_start(&pelting, &count);
	pelting.begun = 1;
	expect(spin((uint64_t)0x12345678 << 20, &pelting.over),
	       "a spinning thread keeps its registers");
	pthread_join(pelting.thread, NULL);
	expect(count == PELT_ROUNDS, "and gets every signal");
}

/* The handler begins with initial rounding, and what it leaves behind goes with it. */
static void check_rounding(void)
{
	fesetround(FE_UPWARD);
	raise(SIGUSR1);
	expect(fegetround() == FE_UPWARD, "rounding is kept");
	expect(rounding == FE_TONEAREST, "and is initial in the handler");
	fesetround(FE_TONEAREST);
}

void check_registers(void)
{
	handler_set(SIGUSR1, spoil, SA_ONSTACK);
	check_spinning();
	check_rounding();
}
