/* SPDX-License-Identifier: MIT */
/*
 * Faults: what a handler is told, and the ways out of it.
 */
#define _GNU_SOURCE /* names of registers */
#include "signals.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define PAGE_FAULT 14
#define FAULT_WRITE 2
#define STEP 256 /* of stack, between two system calls */
#define DEEP 1000000
#define MXCSR_RESERVED 0x10000

static sigjmp_buf back;
static volatile int seen_signal, seen_code;
static volatile uintptr_t seen_addr, seen_stack;
static volatile greg_t seen_trap, seen_error, seen_cr2;
static volatile int zero;
static char *volatile page;

static void look(int signal, const siginfo_t *info, const ucontext_t *context)
{
	seen_signal = signal;
	seen_code = info->si_code;
	seen_addr = (uintptr_t)info->si_addr;
	seen_stack = (uintptr_t)__builtin_frame_address(0);
	seen_trap = context->uc_mcontext.gregs[REG_TRAPNO];
	seen_error = context->uc_mcontext.gregs[REG_ERR];
	seen_cr2 = context->uc_mcontext.gregs[REG_CR2];
}

static void leave(int signal, siginfo_t *info, void *context)
{
	look(signal, info, context);
	siglongjmp(back, 1);
}

static bool is_on_alternate(uintptr_t rsp)
{
	stack_t stack;

	sigaltstack(NULL, &stack);
	return rsp - (uintptr_t)stack.ss_sp < stack.ss_size;
}

static void check_null(void)
{
	if (!sigsetjmp(back, 1))
		*(volatile int *)(uintptr_t)(zero + 16) = 1;
	expect(seen_signal == SIGSEGV && seen_code == SEGV_MAPERR && seen_addr == 16,
	       "a write near NULL is SIGSEGV, SEGV_MAPERR, with its address");
	expect(seen_trap == PAGE_FAULT && (seen_error & FAULT_WRITE) && seen_cr2 == 16,
	       "and the registers say so, too");
	expect(is_on_alternate(seen_stack), "its handler is on the alternate stack");
}

/* Makes the page writable and returns: the write is made again. */
static void mend(int signal, siginfo_t *info, void *context)
{
	look(signal, info, context);
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void check_mended(void)
{
	handler_set(SIGSEGV, mend, SA_ONSTACK);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page[0] = 1;
	mprotect(page, PAGE, PROT_READ);
	page[1] = 2;
	expect(seen_code == SEGV_ACCERR && seen_addr == (uintptr_t)page + 1,
	       "a write to what is only read is SEGV_ACCERR");
	expect(page[0] == 1 && page[1] == 2, "a handler that mends it may return");
	munmap(page, PAGE);
}

/* Steps over the instruction, which is two bytes long. */
static void step_over(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	look(signal, info, context);
	c->uc_mcontext.gregs[REG_RIP] += 2;
}

static void check_processor_faults(void)
{
	uint32_t low = 7, high = 0;

	handler_set(SIGFPE, step_over, SA_ONSTACK);
	__asm__ volatile("divl %%ecx" : "+a"(low), "+d"(high) : "c"(0) : "cc");
	expect(seen_signal == SIGFPE && seen_code == FPE_INTDIV && low == 7,
	       "a division by zero is SIGFPE, FPE_INTDIV, and may be stepped over");
	handler_set(SIGILL, step_over, SA_ONSTACK);
	__asm__ volatile("ud2");
	expect(seen_signal == SIGILL, "an invalid instruction is SIGILL");
	handler_set(SIGTRAP, leave, SA_ONSTACK);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("int3");
	expect(seen_signal == SIGTRAP, "a breakpoint is SIGTRAP");
	handler_set(SIGSEGV, leave, SA_ONSTACK);
	if (!sigsetjmp(back, 1))
		*(volatile int *)((uintptr_t)1 << 63 | (unsigned)zero) = 1;
	expect(seen_signal == SIGSEGV && seen_code == SI_KERNEL,
	       "an address that cannot be is SIGSEGV, SI_KERNEL");
}

static __attribute__((noinline)) int descend(int depth)
{
	volatile char frame[PAGE];

	frame[0] = (char)depth;
	return depth < DEEP ? descend(depth + 1) + frame[0] : 0;
}

static __attribute__((noinline)) long descend_calling(int depth)
{
	volatile char frame[STEP];

	frame[0] = (char)syscall(SYS_getpid);
	return depth < DEEP ? descend_calling(depth + 1) + frame[0] : 0;
}

static void check_overflow(void)
{
	handler_set(SIGSEGV, leave, SA_ONSTACK);
	seen_signal = 0;
	if (!sigsetjmp(back, 1))
		descend(0);
	expect(seen_signal == SIGSEGV && is_on_alternate(seen_stack), "a stack overflow is caught");
	seen_signal = 0;
	if (!sigsetjmp(back, 1))
		descend_calling(0);
	expect(seen_signal == SIGSEGV && is_on_alternate(seen_stack),
	       "so is one that a system call finds");
}

static void spoil_vectors(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)signal, (void)info;
	c->uc_mcontext.fpregs->mxcsr |= MXCSR_RESERVED;
}

static void spoil_rip(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)signal, (void)info;
	c->uc_mcontext.gregs[REG_RIP] = (greg_t)1 << 62;
}

static void check_spoilt(signal_handler *spoil)
{
	handler_set(SIGUSR1, spoil, SA_ONSTACK);
	seen_signal = 0;
	if (!sigsetjmp(back, 1))
		raise(SIGUSR1);
	expect(seen_signal == SIGSEGV, "a spoilt frame is the fault of who spoilt it");
}

void check_faults(void)
{
	struct sigaction before = handler_set(SIGSEGV, leave, SA_ONSTACK | SA_NODEFER);

	check_null();
	check_mended();
	check_processor_faults();
	check_overflow();
	check_spoilt(spoil_vectors);
	check_spoilt(spoil_rip);
	__sigaction(SIGSEGV, &before, NULL);
}
