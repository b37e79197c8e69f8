/* SPDX-License-Identifier: MIT */
/* The image's bells: who owns them, and what it takes to be told. */
#include "ipc/bell_set.h"

#include <stddef.h>
#include <string.h>

#include "ipc/channel_lock.h"
#include "layout/layout.h"

static struct bell_set bell_sets[BELL_SETS];
static uint64_t bell_serial;
static bool bell_stopping[LAYOUT_COMPONENTS_MAX]; /* under channel_lock */

static bool bell_is_stopping(unsigned component)
{
	return component < LAYOUT_COMPONENTS_MAX && bell_stopping[component];
}

static void bell_set_begin(struct bell_set *b, unsigned component)
{
	b->component = component;
	__atomic_store_n(&b->serial, ++bell_serial, __ATOMIC_RELAXED);
	__atomic_store_n(&b->stopping, bell_is_stopping(component), __ATOMIC_RELAXED);
	__atomic_store_n(&b->flag, 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < BELL_MEMBERS / 64; i++)
		__atomic_store_n(&b->told[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&b->summary, 0, __ATOMIC_SEQ_CST);
}

struct bell_set *bell_set_take(unsigned component)
{
	struct bell_set *free = NULL;
	sigset_t kept;

	channel_lock(&kept);
	for (unsigned i = 0; i < BELL_SETS && !free; i++)
		if (!bell_sets[i].serial)
			free = &bell_sets[i];
	if (free)
		bell_set_begin(free, component);
	channel_unlock(&kept);
	return free;
}

void bell_set_give(struct bell_set *b, uint64_t serial)
{
	sigset_t kept;

	channel_lock(&kept);
	if (b->serial == serial)
		__atomic_store_n(&b->serial, 0, __ATOMIC_RELAXED);
	channel_unlock(&kept);
}

uint32_t bell_whom(const struct bell_set *b, unsigned member)
{
	return (uint32_t)(b - bell_sets + 1) << BELL_MEMBERS_ORDER | member;
}

static struct bell_set *bell_set_of(uint32_t whom)
{
	unsigned number = whom >> BELL_MEMBERS_ORDER;

	return number == 0 || number > BELL_SETS ? NULL : &bell_sets[number - 1];
}

void bell_tell(uint32_t whom)
{
	struct bell_set *b = bell_set_of(whom);
	unsigned member = whom % BELL_MEMBERS;

	if (!b)
		return;
	__atomic_fetch_or(&b->told[member / 64], UINT64_C(1) << member % 64, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&b->summary, UINT64_C(1) << member / 64, __ATOMIC_SEQ_CST);
	bell_ring(&b->flag);
}

void bell_tell_again(uint32_t whom)
{
	struct bell_set *b = bell_set_of(whom);

	bell_tell(whom);
	if (b)
		bell_wake(&b->flag);
}

void bell_sets_end(unsigned component)
{
	sigset_t kept;

	channel_lock(&kept);
	for (unsigned i = 0; i < BELL_SETS; i++)
		if (bell_sets[i].component == component)
			__atomic_store_n(&bell_sets[i].serial, 0, __ATOMIC_RELAXED);
	channel_unlock(&kept);
}

/* For bells taken from now on, and for those that are. */
static void bell_sets_mark(unsigned component, bool stopping)
{
	if (component < LAYOUT_COMPONENTS_MAX)
		bell_stopping[component] = stopping;
	for (unsigned i = 0; i < BELL_SETS; i++) {
		struct bell_set *b = &bell_sets[i];

		if (!b->serial || b->component != component)
			continue;
		__atomic_store_n(&b->stopping, stopping, __ATOMIC_SEQ_CST);
		if (stopping)
			bell_ring(&b->flag);
	}
}

void bell_sets_stop(unsigned component)
{
	sigset_t kept;

	channel_lock(&kept);
	bell_sets_mark(component, true);
	channel_unlock(&kept);
}

void bell_sets_begin(unsigned component)
{
	sigset_t kept;

	channel_lock(&kept);
	bell_sets_mark(component, false);
	channel_unlock(&kept);
}
