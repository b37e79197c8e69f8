/* SPDX-License-Identifier: MIT */
/*
 * Asks Xen how the guest's vCPUs spend their time while both components wait, and
 * sends a thread to and fro.
 */
#define _GNU_SOURCE /* CPU sets */
#include <atoll.h>
#include "runstate.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#define NAP 500000000

/* Is a vCPU that waits for half a second really given up for most of it? */
static int is_idle(unsigned vcpu, const struct runstate *before, const struct runstate *after)
{
	uint64_t blocked = after->time[RUNSTATE_BLOCKED] - before->time[RUNSTATE_BLOCKED];

	printf("observer: vCPU %u was halted for most of the wait: %s\n", vcpu,
	       blocked > NAP / 2 ? "yes" : "no");
	return blocked > NAP / 2;
}

static uint32_t visited[3]; /* processors that the wanderer found itself on */
static unsigned visits;

/* Spins, and notes where it is whenever that is another place. */
static void *wander(void *argument)
{
	uint32_t here = visited[0] = processor_apic();

	__atomic_store_n(&visits, 1, __ATOMIC_RELEASE);
	for (unsigned i = 1; i < sizeof(visited) / sizeof(visited[0]); i++) {
		while (processor_apic() == here)
			;
		here = visited[i] = processor_apic();
		__atomic_store_n(&visits, i + 1, __ATOMIC_RELEASE);
	}
	return argument;
}

static void visits_await(unsigned count)
{
	struct timespec nap = {.tv_nsec = 1000000};

	while (__atomic_load_n(&visits, __ATOMIC_ACQUIRE) < count)
		nanosleep(&nap, NULL);
}

static void send_to(pthread_t thread, int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	pthread_setaffinity_np(thread, sizeof(set), &set);
}

/* A thread that never waits goes where it is sent, there and back. */
static int check_moves(uint32_t other)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wander, NULL))
		return 0;
	visits_await(1);
	send_to(thread, 1);
	visits_await(2);
	send_to(thread, 0);
	pthread_join(thread, NULL);
	printf("observer: a thread was on processors %u, %u and %u\n", visited[0], visited[1],
	       visited[2]);
	return visited[0] != other && visited[1] == other && visited[2] != other;
}

int main(void)
{
	struct channel *talk = channel_open("talk");
	struct timespec nap = {.tv_nsec = NAP};
	struct runstate before[2] = {0}, after[2] = {0};
	uint32_t other = 0;
	size_t size;

	if (channel_recv(talk, &other, sizeof(other), &size, CHANNEL_FOREVER) != CHANNEL_OK)
		return 1;
	printf("observer: processors %u and %u\n", processor_apic(), other);
	for (unsigned i = 0; i < 2; i++)
		if (runstate_get(i, &before[i]) < 0)
			return 2;
	nanosleep(&nap, NULL);
	for (unsigned i = 0; i < 2; i++)
		if (runstate_get(i, &after[i]) < 0)
			return 2;
	if (!check_moves(other))
		return 3;
	return !(is_idle(0, &before[0], &after[0]) & is_idle(1, &before[1], &after[1]) &
		 (processor_apic() != other));
}
