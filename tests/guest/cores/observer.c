/* SPDX-License-Identifier: MIT */
/*
 * Asks Xen how the guest's vCPUs spend their time while both components wait, and
 * places threads.
 */
#define _GNU_SOURCE /* CPU sets */
#include <atoll.h>
#include "processor.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#define GENUINE_INTEL 0x756e6547 /* "Genu" */
#define HYPERCALL_VCPU_OP 24     /* xen/xen.h */
#define VCPUOP_GET_RUNSTATE 4    /* xen/vcpu.h */
#define NAP 500000000

struct runstate { /* struct vcpu_runstate_info, xen/vcpu.h */
	int state;
	uint64_t since;
	uint64_t time[4]; /* running, runnable, blocked, offline; ns */
};

#define BLOCKED 2

static long runstate_get(long vcpu, struct runstate *state)
{
	long result = HYPERCALL_VCPU_OP, operation = VCPUOP_GET_RUNSTATE;
	uint32_t ebx, edx;

	processor_id(0, &ebx, &edx);
	if (ebx == GENUINE_INTEL)
		__asm__ volatile("vmcall"
				 : "+a"(result), "+D"(operation), "+S"(vcpu), "+d"(state)
				 :
				 : "memory");
	else
		__asm__ volatile("vmmcall"
				 : "+a"(result), "+D"(operation), "+S"(vcpu), "+d"(state)
				 :
				 : "memory");
	return result;
}

/* Is a vCPU that waits for half a second really given up for most of it? */
static int is_idle(unsigned vcpu, const struct runstate *before, const struct runstate *after)
{
	uint64_t blocked = after->time[BLOCKED] - before->time[BLOCKED];

	printf("observer: vCPU %u was halted for most of the wait: %s\n", vcpu,
	       blocked > NAP / 2 ? "yes" : "no");
	return blocked > NAP / 2;
}

static uint32_t begun_on;
static int moved;

/* Spins until it finds itself on another processor. */
static void *wander(void *argument)
{
	begun_on = processor_apic();
	__atomic_store_n((int *)argument, 1, __ATOMIC_RELEASE);
	while (processor_apic() == begun_on)
		;
	moved = 1;
	return NULL;
}

static cpu_set_t one_core(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return set;
}

/* A thread begins where its attributes say, and goes where it is told while it runs. */
static int check_placing(uint32_t other)
{
	cpu_set_t there = one_core(1), here = one_core(0);
	struct timespec nap = {.tv_nsec = 1000000};
	pthread_attr_t attr;
	pthread_t thread;
	int begun = 0;

	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(there), &there);
	if (pthread_create(&thread, &attr, wander, &begun))
		return 0;
	while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE))
		nanosleep(&nap, NULL);
	pthread_setaffinity_np(thread, sizeof(here), &here);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	printf("observer: a thread began on processor %u and moved: %s\n", begun_on,
	       moved ? "yes" : "no");
	return begun_on == other && moved;
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
	if (!check_placing(other))
		return 3;
	return !(is_idle(0, &before[0], &after[0]) & is_idle(1, &before[1], &after[1]) &
		 (processor_apic() != other));
}
