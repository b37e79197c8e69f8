/* SPDX-License-Identifier: MIT */
/*
 * Two threads of one core keep values in vector registers across system calls
 * that switch between them.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>

#define ROUNDS 10000

/* Load a pattern in a register, yield, read it back: nothing but the kernel in between. */
static uint64_t keep_across_yield(uint64_t pattern)
{
	uint64_t kept;
	long number = SYS_sched_yield;

	__asm__ volatile("movq %2, %%xmm13\n\t"
			 "syscall\n\t"
			 "movq %%xmm13, %0"
			 : "=&r"(kept), "+a"(number)
			 : "r"(pattern)
			 : "rcx", "r11", "xmm13", "memory");
	return kept;
}

/* NULL, or the argument where a register was lost. */
static void *juggle(void *argument)
{
	uint64_t seed = *(uint64_t *)argument;

	for (uint64_t i = 0; i < ROUNDS; i++)
		if (keep_across_yield(seed + i) != seed + i)
			return argument;
	return NULL;
}

int main(void)
{
	uint64_t seeds[2] = {UINT64_C(0x11111111) << 32, UINT64_C(0x22222222) << 32};
	pthread_t other;
	void *result;

	pthread_create(&other, NULL, juggle, &seeds[1]);
	void *mine = juggle(&seeds[0]);

	pthread_join(other, &result);
	printf("juggler: %s\n", mine || result ? "registers were lost" : "registers were kept");
	return mine || result;
}
