/* SPDX-License-Identifier: MIT */
/*
 * Ends badly in the way that its argument names, above all where threads, locks
 * and the allocator are in the middle of something.
 */
#define _GNU_SOURCE /* fopencookie */

#include <atoll.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEEP 1000000
#define CHURNERS 3
#define PAUSE_US 20000

static struct channel *channel;
static volatile uintptr_t bad = 16;
static FILE *volatile file;

static void write_bad(void)
{
	*(volatile int *)bad = 1;
}

static void main_waits(void)
{
	const void *message;
	size_t size;

	channel_peek(channel, CHANNEL_FOREVER, &message, &size);
}

static void in_thread(void *(*start)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, start, NULL))
		exit(99);
}

static void *faulter(void *unused)
{
	write_bad();
	return unused;
}

static void *leaver(void *unused)
{
	(void)unused;
	exit(7);
}

static int overflow_stack(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth < DEEP ? overflow_stack(depth + 1) + frame[0] : 0;
}

static void *overflower(void *unused)
{
	overflow_stack(0);
	return unused;
}

static void *spinner(void *unused)
{
	while (bad)
		;
	return unused;
}

/* Always in the allocator or in the C library, most of the time with a lock of theirs. */
static void *churner(void *unused)
{
	while (bad) {
		char room[16];
		FILE *null = fmemopen(room, sizeof(room), "w");
		void *block = malloc(bad * 1000);

		fprintf(stdout, "%s", "");
		if (null) {
			fprintf(null, "%d", block != NULL);
			fclose(null);
		}
		free(block);
	}
	return unused;
}

static void way_thread(void)
{
	in_thread(faulter);
	main_waits();
}

static void way_exit(void)
{
	in_thread(leaver);
	main_waits();
}

static void way_overflow(void)
{
	in_thread(overflower);
	main_waits();
}

static void way_spin(void)
{
	in_thread(spinner);
	usleep(PAUSE_US);
	exit(5);
}

static void way_churn(void)
{
	for (int i = 0; i < CHURNERS; i++)
		in_thread(churner);
	usleep(PAUSE_US);
	abort();
}

/* In the allocator: a block that it never gave out. */
static void way_allocator(void)
{
	free((void *)(bad << 30));
}

/* With the lock of standard output, which the others need. */
static void way_locked(void)
{
	printf("%s %d\n", (const char *)bad, 1);
	bad = 0; /* or the call would be a jump, and this function not in the backtrace */
}

static void way_handler(void)
{
	atexit(write_bad);
	exit(0);
}

/* Its FILE is broken, so that even closing it fails. */
static void way_stream(void)
{
	static char room[16];

	file = fmemopen(room, sizeof(room), "w");
	if (!file)
		exit(99);
	file->_lock = (void *)bad;
	exit(0);
}

static _Noreturn int cookie_close(void *unused)
{
	(void)unused;
	for (;;)
		pause();
}

/* Closing what it leaves open is its own code, which has no end. */
static void way_cling(void)
{
	exit(fopencookie(NULL, "w", (cookie_io_functions_t){.close = cookie_close}) ? 0 : 99);
}

static void key_end(void *value)
{
	*(volatile int *)value = 1;
}

static void *key_user(void *key)
{
	pthread_setspecific(*(pthread_key_t *)key, (void *)bad);
	return NULL;
}

/* In the destructor of a thread's value, behind all that the thread does itself. */
static void way_key(void)
{
	static pthread_key_t key;
	pthread_t thread;

	if (pthread_key_create(&key, key_end) || pthread_create(&thread, NULL, key_user, &key))
		exit(99);
	pthread_join(thread, NULL);
	main_waits();
}

/* malloc answers NULL, and the component does not look. */
static void way_quota(void)
{
	for (;;)
		memset(malloc(1 << 20), 1, 1 << 20);
}

static void way_status(void)
{
	exit(3);
}

static const struct {
	const char *name;
	void (*call)(void);
} ways[] = {
	{"thread", way_thread}, {"exit", way_exit},     {"overflow", way_overflow},
	{"spin", way_spin},     {"churn", way_churn},   {"allocator", way_allocator},
	{"locked", way_locked}, {"quota", way_quota},   {"handler", way_handler},
	{"stream", way_stream}, {"status", way_status}, {"cling", way_cling},
	{"key", way_key},
};

int main(int argc, char **argv)
{
	channel = channel_open("c");
	channel_send(channel, "culprit is here", 15, CHANNEL_FOREVER);
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].call();
	return 0;
}
