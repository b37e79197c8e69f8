/* SPDX-License-Identifier: MIT */
/*
 * Looks whether it is as new, spoils all that it has, leaves a mess and ends, each
 * time in another way.
 */
#include <atoll.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCKS 100
#define BLOCK 10000
#define FAULT_EACH 100 /* a report of a crash is long */

static int initialised = 7;
static int zero;
static int constructed = 1;
static __thread int own = 3;
static FILE *left_open;
static char room[64];

__attribute__((constructor)) static void construct(void)
{
	constructed++;
}

static int is_new(void)
{
	return initialised == 7 && !zero && constructed == 2 && own == 3 && !left_open;
}

static void *wait_for_ever(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void spoil(void)
{
	pthread_t thread;
	pthread_key_t key;

	initialised = zero = own = -1;
	left_open = fmemopen(room, sizeof(room), "w");
	if (left_open)
		fputs("left behind", left_open);
	for (int i = 0; i < BLOCKS; i++) {
		unsigned char *block = malloc(BLOCK);

		for (int j = 0; block && j < BLOCK; j++)
			block[j] = 0xa5;
	}
	pthread_key_create(&key, free);
	pthread_create(&thread, NULL, wait_for_ever, NULL);
}

static void *end_all(void *argument)
{
	exit(*(int *)argument);
}

int main(void)
{
	struct component_stats stats;
	int status = 0;
	pthread_t thread;

	component_stats(&stats);
	if (!is_new()) {
		printf("mayfly: not as new, after %u restarts\n", stats.restarts);
		return 1;
	}
	spoil();
	if (stats.restarts % FAULT_EACH == FAULT_EACH / 2)
		*(volatile int *)(uintptr_t)(own + 1) = 1;
	if (stats.restarts % 3 == 1)
		_exit(0);
	if (stats.restarts % 3 == 2) {
		pthread_create(&thread, NULL, end_all, &status);
		pause();
	}
	return 0;
}
