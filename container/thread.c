/* SPDX-License-Identifier: MIT */
/*
 * Component threads. A thread writes its own row of the table until it ends,
 * main reads it after the join.
 */
#define _GNU_SOURCE /* CPU sets, thread names */

#include "container/thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "container/component_self.h"
#include "container/heap.h"
#include "container/image.h"
#include "container/region.h"
#include "container/words.h"
#include "ipc/channel_table.h"
#include "layout/layout.h"

#define THREAD_NAME_BYTES 16 /* with the final zero, as Linux has it */

struct component_thread {
	unsigned index;
	const struct image_component *spec;
	const struct words *words;
	pthread_t id;
	int status;
};

static struct component_thread component_threads[LAYOUT_COMPONENTS_MAX];

/* The n-th CPU of those that are allowed, counted round and round. */
static void cpu_choose(const cpu_set_t *allowed, unsigned n, cpu_set_t *chosen)
{
	unsigned skip = n % (unsigned)CPU_COUNT(allowed);
	int cpu = 0;

	while (!CPU_ISSET(cpu, allowed) || skip--)
		cpu++;
	CPU_ZERO(chosen);
	CPU_SET(cpu, chosen);
}

/* Best effort: a component is as correct on any other core. */
static void thread_pin(unsigned core)
{
	cpu_set_t allowed, chosen;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) || !CPU_COUNT(&allowed))
		return;
	cpu_choose(&allowed, core, &chosen);
	sched_setaffinity(0, sizeof(chosen), &chosen);
}

/* For debuggers and for ps; names may be longer than what the kernel keeps. */
static void thread_name(const char *name)
{
	char kept[THREAD_NAME_BYTES] = "";

	strncpy(kept, name, sizeof(kept) - 1);
	pthread_setname_np(pthread_self(), kept);
}

/*
 * A component that failed is dead to its peers before its exit handlers run:
 * one that closes a channel, as many do, would tell the peer that all is well.
 */
static int thread_run(const struct component_thread *t)
{
	const struct words *w = t->words;
	int status = component_run(t->index, t->spec, w->argc, w->argv, w->envp);

	if (status)
		channel_table_end(t->index, true);
	status = component_end();
	channel_table_end(t->index, status != 0);
	return status;
}

static void *thread_main(void *arg)
{
	struct component_thread *t = arg;
	int err;

	thread_pin(t->spec->core);
	thread_name(t->spec->name);
	err = heap_bind(t->index, t->spec->heap_bytes);
	if (!err) {
		t->status = thread_run(t);
		fflush(stdout);
		return NULL;
	}
	fprintf(stderr, "%s: heap of %zu bytes: %s\n", t->spec->name, t->spec->heap_bytes,
		strerror(-err));
	channel_table_end(t->index, true);
	t->status = EX_OSERR;
	return NULL;
}

/* The stack lies at the end of its slot; what is below it in the slot is its guard. */
static int thread_create(struct component_thread *t, pthread_attr_t *attr)
{
	size_t bytes = t->spec->stack_bytes;
	uint64_t base = layout_stack_end(t->index + 1) - bytes;
	int err = region_back(base, bytes);

	if (err)
		return err;
	err = pthread_attr_setstack(attr, (void *)base, bytes);
	if (!err)
		err = pthread_create(&t->id, attr, thread_main, t);
	return -err;
}

int thread_start(unsigned index, const struct image_component *spec, const struct words *words)
{
	struct component_thread *t = &component_threads[index];
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return -err;
	*t = (struct component_thread){.index = index, .spec = spec, .words = words};
	err = thread_create(t, &attr);
	pthread_attr_destroy(&attr);
	return err;
}

int thread_join(unsigned index)
{
	pthread_join(component_threads[index].id, NULL);
	return component_threads[index].status;
}
