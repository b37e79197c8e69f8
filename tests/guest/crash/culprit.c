/* SPDX-License-Identifier: MIT */
/*
 * Breaks one rule of the address map, or of the processor, on purpose.
 */
#include <atoll.h>
#include <ipc/task.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEP 1000000

static const char constant[] = "constant";
static unsigned char data_code[] = {0xc3}; /* ret */
static volatile int zero;

static __attribute__((noinline)) void write_null(void)
{
	*(volatile int *)(uintptr_t)(zero + 16) = 1;
}

static __attribute__((noinline)) void write_text(void)
{
	*(volatile char *)(uintptr_t)write_null = 1;
}

static __attribute__((noinline)) void write_constant(void)
{
	*(volatile char *)(uintptr_t)constant = 1;
}

static __attribute__((noinline)) void run_data(void)
{
	void (*volatile code)(void) = (void (*)(void))(uintptr_t)data_code;

	code();
	zero = 0; /* or the call would be a jump, and this function not in the backtrace */
}

static __attribute__((noinline)) int overflow_stack(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth < DEEP ? overflow_stack(depth + 1) + frame[0] : 0;
}

static int sleep_on(void *unused)
{
	(void)unused;
	return (int)task_sleep(CHANNEL_FOREVER);
}

static int overflow_task(void *unused)
{
	(void)unused;
	task_yield();
	return overflow_stack(0);
}

/* The second task that it spawns. */
static void overflow_stack_of_task(void)
{
	task_spawn(sleep_on, NULL, 0);
	task_spawn(overflow_task, NULL, 0);
	for (;;)
		task_yield();
}

static __attribute__((noinline)) void divide(void)
{
	printf("%d\n", 7 / zero);
}

static __attribute__((noinline)) void give_up(void)
{
	abort();
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!strcmp(how, "null"))
		write_null();
	else if (!strcmp(how, "text"))
		write_text();
	else if (!strcmp(how, "constant"))
		write_constant();
	else if (!strcmp(how, "data"))
		run_data();
	else if (!strcmp(how, "stack"))
		overflow_stack(0);
	else if (!strcmp(how, "task"))
		overflow_stack_of_task();
	else if (!strcmp(how, "divide"))
		divide();
	else if (!strcmp(how, "abort"))
		give_up();
	fprintf(stderr, "culprit: no crime called \"%s\"\n", how);
	return 2;
}
