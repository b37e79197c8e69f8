/* SPDX-License-Identifier: MIT */
/*
 * Maps, changes and unmaps memory, starts threads and waits with deadlines, all
 * at the same time as another core does, and looks whether anything is lost.
 */
#define _GNU_SOURCE
#include <atoll.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ROUNDS 150
#define PAGE 4096
#define PAGES_MAX 64
#define SECOND 1000000000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int woken;

static int is_zero(const uint64_t *words, size_t size)
{
	for (size_t i = 0; i < size / sizeof(*words); i++)
		if (words[i])
			return 0;
	return 1;
}

/* Fresh memory is zero, keeps what is written, and is zero again once discarded. */
static int memory_round(unsigned round)
{
	size_t size = (1 + round * 7 % PAGES_MAX) * PAGE;
	uint64_t *words =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t mark = (uintptr_t)&woken ^ round;
	int ok;

	if (words == MAP_FAILED)
		return 0;
	ok = is_zero(words, size);
	words[0] = words[size / sizeof(*words) - 1] = mark;
	ok &= mprotect(words, PAGE, PROT_READ) == 0 && words[0] == mark;
	ok &= mprotect(words, PAGE, PROT_READ | PROT_WRITE) == 0;
	ok &= words[size / sizeof(*words) - 1] == mark;
	ok &= madvise(words, size, MADV_DONTNEED) == 0 && is_zero(words, size);
	return ok & (munmap(words, size) == 0);
}

static void *wake(void *argument)
{
	pthread_mutex_lock(&mutex);
	woken = 1;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	return argument;
}

/* A wait that a thread of this core ends, or its deadline, whichever comes first. */
static int wait_round(unsigned round)
{
	struct timespec deadline;
	pthread_t thread;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += round % 5 * 100000;
	if (deadline.tv_nsec >= SECOND) {
		deadline.tv_nsec -= SECOND;
		deadline.tv_sec++;
	}
	if (pthread_create(&thread, NULL, wake, NULL))
		return 0;
	pthread_mutex_lock(&mutex);
	while (!woken && !err)
		err = pthread_cond_timedwait(&cond, &mutex, &deadline);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	woken = 0;
	return !err || err == ETIMEDOUT;
}

int main(void)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (!memory_round(round))
			return printf("%s: round %u: memory\n", component_name(), round), 1;
		if (!wait_round(round))
			return printf("%s: round %u: wait\n", component_name(), round), 1;
		if (round % 50 == 0)
			printf("%s: round %u\n", component_name(), round);
	}
	printf("%s: nothing was lost\n", component_name());
	return 0;
}
