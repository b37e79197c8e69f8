/* SPDX-License-Identifier: MIT */
/*
 * Mutexes, condition variables, thread-local variables, the ways a thread may end,
 * and whose memory it uses. The last thread ends the component.
 */
#include <atoll.h>
#include <ipc/task.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 4
#define ROUNDS 200
#define MIB (1 << 20)
#define BLOCKS_MAX 64
#define MARK (UINT64_C(0x74687265) << 32 | 0x61640000) /* plus the component's letters */
#define MARKS 2048                                     /* 16 KiB of a stack */
#define LIVES 12

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static unsigned counter, queue, taken, failures;
static int detached_ran, cleaned;
static __thread unsigned own = 7;

static void check(int ok, const char *what)
{
	if (ok)
		return;
	failures++;
	printf("%s: %s\n", component_name(), what);
}

static void *start_and_join(void *(*start)(void *), void *argument)
{
	pthread_t thread;
	void *result = NULL;

	if (pthread_create(&thread, NULL, start, argument) || pthread_join(thread, &result))
		check(0, "a thread cannot be made and joined");
	return result;
}

/* The others have every chance to come between. */
static void *count(void *argument)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		unsigned seen = counter;

		sched_yield();
		counter = seen + 1;
		pthread_mutex_unlock(&mutex);
		own++;
	}
	return own == 7 + ROUNDS ? argument : NULL;
}

static void check_mutex(void)
{
	pthread_t threads[WORKERS];
	int here;

	for (int i = 0; i < WORKERS; i++)
		check(!pthread_create(&threads[i], NULL, count, &here), "no thread");
	for (int i = 0; i < WORKERS; i++) {
		void *result;

		check(!pthread_join(threads[i], &result) && result == &here,
		      "a thread's own variable is not its own");
	}
	check(counter == WORKERS * ROUNDS, "a mutex lets two in");
	check(own == 7, "the main thread's variable has changed");
}

static void *take(void *argument)
{
	pthread_mutex_lock(&mutex);
	while (taken < ROUNDS) {
		while (!queue)
			pthread_cond_wait(&cond, &mutex);
		queue--;
		taken++;
	}
	pthread_mutex_unlock(&mutex);
	return argument;
}

static void check_condition(void)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, take, NULL), "no thread");
	for (unsigned i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		queue++;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&mutex);
	}
	pthread_join(thread, NULL);
	check(taken == ROUNDS && !queue, "a signal of a condition is lost");
}

static void clean(void *argument)
{
	cleaned += *(int *)argument;
}

static __attribute__((noinline)) void leave(void *result)
{
	pthread_exit(result);
}

static void *leave_early(void *argument)
{
	int one = 1;

	pthread_cleanup_push(clean, &one);
	leave(argument);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *detached(void *argument)
{
	pthread_mutex_lock(&mutex);
	detached_ran = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	return argument;
}

static void check_ends(void)
{
	pthread_t thread;
	int here;

	check(start_and_join(leave_early, &here) == &here, "pthread_exit has no result");
	check(cleaned == 1, "pthread_exit runs no cleanup handler");
	check(pthread_join(pthread_self(), NULL) == EDEADLK, "a thread joins itself");
	pthread_mutex_lock(&mutex);
	check(!pthread_create(&thread, NULL, detached, NULL), "no thread");
	check(!pthread_detach(thread), "a thread cannot be detached");
	check(pthread_join(thread, NULL) == EINVAL, "a detached thread can be joined");
	while (!detached_ran)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
}

static int waits(void *arg)
{
	(void)arg;
	task_sleep(CHANNEL_FOREVER - 1);
	check(0, "a task goes on behind the end of its thread");
	return 0;
}

static int leaves(void *result)
{
	leave(result);
	return 0;
}

/* The first ends on the stack of a task, which stays; all leave one behind that waits. */
static void *leave_tasks(void *argument)
{
	static unsigned times;

	check(task_spawn(waits, NULL, 0) != NULL, "no task for a thread");
	if (times++ == 0)
		check(task_spawn(leaves, argument, 0) != NULL, "no second task");
	for (unsigned i = 0; i < 3; i++)
		task_yield();
	return argument;
}

/* More of them than there are bells, on which threads with tasks sleep. */
static void check_tasks(void)
{
	int here;

	for (unsigned i = 0; i < 100; i++)
		check(start_and_join(leave_tasks, &here) == &here, "a thread with tasks is lost");
}

static pthread_key_t key, again_key;
static unsigned keys_ended;

/* The value of the thread that ends; what it leaves itself is ended, too. */
static void key_end(void *value)
{
	check(!pthread_getspecific(key), "a destructor still finds its value");
	keys_ended += *(unsigned *)value;
	free(value);
	pthread_setspecific(again_key, &keys_ended);
}

static void again_end(void *value)
{
	++*(unsigned *)value;
}

static void *key_use(void *how_many)
{
	unsigned *value = malloc(sizeof(*value));

	if (value)
		*value = *(unsigned *)how_many;
	pthread_setspecific(key, value);
	if (value && *value > 10)
		leave(how_many);
	return how_many;
}

static void check_keys(void)
{
	unsigned ten = 10, twenty = 20;

	check(!pthread_key_create(&again_key, again_end) && !pthread_key_create(&key, key_end),
	      "no key");
	check(start_and_join(key_use, &ten) == &ten && keys_ended == 11,
	      "a thread's values go to no destructor");
	check(start_and_join(key_use, &twenty) == &twenty && keys_ended == 32,
	      "so do those of one that calls pthread_exit");
	pthread_key_delete(key);
	check(start_and_join(key_use, &ten) == &ten && keys_ended == 32,
	      "a deleted key's destructor is called");
}

static size_t heap_used(void)
{
	struct component_stats stats;

	component_stats(&stats);
	return stats.heap_used;
}

struct meal {
	char *blocks[BLOCKS_MAX];
	unsigned count;
	size_t used; /* of the heap, when there was no more */
};

static void *eat(void *argument)
{
	struct meal *meal = argument;

	while (meal->count < BLOCKS_MAX && (meal->blocks[meal->count] = malloc(MIB)))
		memset(meal->blocks[meal->count++], 1, MIB);
	meal->used = heap_used();
	return errno == ENOMEM ? meal : NULL;
}

static void check_quota(void)
{
	struct meal meal = {.count = 0};
	size_t before = heap_used();

	check(start_and_join(eat, &meal) == &meal, "a thread's malloc knows no quota");
	check(meal.count >= 8 && meal.count < 16, "a thread's quota is not its component's");
	check(meal.used >= before + meal.count * (size_t)MIB && meal.used <= 16 * (size_t)MIB,
	      "a thread's memory is not counted");
	for (unsigned i = 0; i < meal.count; i++)
		free(meal.blocks[i]);
}

/* A stack may have been another thread's, but of no other component. */
static __attribute__((noinline)) void *stack_look(void *argument)
{
	volatile uint64_t marks[MARKS];
	uint64_t mine = MARK | (uint64_t)(component_name()[2] << 8) | (uint64_t)component_name()[3];
	void *result = argument;

	__asm__ volatile("" : "=m"(marks)); /* what is there is what is asked */
	for (unsigned i = 0; i < MARKS; i++) {
		if ((marks[i] & ~UINT64_C(0xffff)) == MARK && marks[i] != mine)
			result = NULL;
		marks[i] = mine;
	}
	return result;
}

static void check_stacks(void)
{
	int here;

	for (unsigned i = 0; i < LIVES; i++)
		check(start_and_join(stack_look, &here) == &here, "a stack of another component");
}

static void *end(void *argument)
{
	(void)argument;
	exit(failures ? 1 : 0);
}

static void say(void)
{
	printf("%s: %u failures; a thread ended it\n", component_name(), failures);
}

int main(void)
{
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	check_mutex();
	check_condition();
	check_ends();
	check_tasks();
	check_keys();
	check_quota();
	check_stacks();
	atexit(say);
	if (!pthread_create(&thread, NULL, end, NULL))
		pthread_join(thread, NULL);
	return 2;
}
