/* SPDX-License-Identifier: MIT */
/*
 * Starts and joins many threads; counts the guest's free memory before and after.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/sysinfo.h>

#define ROUNDS 1000
#define TURNS 1000
#define PLAYERS 2

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn;
static __thread int own = 7;

static void *bump(void *argument)
{
	own += *(int *)argument;
	return own == 7 + *(int *)argument ? argument : NULL;
}

static void *play(void *argument)
{
	int me = *(int *)argument;

	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != me)
			pthread_cond_wait(&cond, &mutex);
		turn = (turn + 1) % PLAYERS;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static int start_and_join(int count)
{
	for (int i = 0; i < count; i++) {
		pthread_t thread;
		void *result;

		if (pthread_create(&thread, NULL, bump, &i) || pthread_join(thread, &result) ||
		    result != &i)
			return printf("weaver: thread %d failed\n", i);
	}
	return 0;
}

static void take_turns(void)
{
	int ids[PLAYERS] = {0, 1};
	pthread_t threads[PLAYERS];

	for (int i = 0; i < PLAYERS; i++)
		pthread_create(&threads[i], NULL, play, &ids[i]);
	for (int i = 0; i < PLAYERS; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	struct sysinfo before, after;

	/* The first few fill the caches of the C library. */
	if (start_and_join(10))
		return 1;
	sysinfo(&before);
	if (start_and_join(ROUNDS))
		return 1;
	sysinfo(&after);
	take_turns();
	printf("weaver: %d threads; free memory before and after: %s\n", ROUNDS,
	       after.freeram == before.freeram ? "the same" : "not the same");
	return 0;
}
