/* SPDX-License-Identifier: MIT */
/*
 * Keys of a component's threads, over those of the C library, of which all
 * components share one table.
 *
 * The C library gets no destructor: it would call it behind the thread's end, where
 * nothing holds a fault in the component's code any more.
 */
#include "container/component_thread.h"

#include <limits.h>
#include <stdatomic.h>

#include "container/leave.h"
#include "container/life.h"
#include "layout/layout.h"

#define KEY_NOBODY 0 /* else the index of a component, plus 1 */

/* Written by whoever has the key, the owner last; threads of others look on. */
static _Atomic(void (*)(void *)) key_destructors[PTHREAD_KEYS_MAX];
static atomic_uchar key_owners[PTHREAD_KEYS_MAX];

_Static_assert(LAYOUT_COMPONENTS_MAX < UCHAR_MAX, "an owner fits");

static bool key_belongs(pthread_key_t key, const struct component *c)
{
	return atomic_load_explicit(&key_owners[key], memory_order_acquire) == c->index + 1;
}

int component_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	const struct component *c = component_self();
	pthread_key_t made;
	int err;

	thread_hold();
	err = pthread_key_create(&made, c ? NULL : destructor);
	if (!err && c) {
		atomic_store_explicit(&key_destructors[made], destructor, memory_order_relaxed);
		/* Release: pairs with key_belongs. */
		atomic_store_explicit(&key_owners[made], (unsigned char)(c->index + 1),
				      memory_order_release);
	}
	thread_release();
	if (!err)
		*key = made;
	return err;
}

int component_key_delete(pthread_key_t key)
{
	int err;

	thread_hold();
	if (key < PTHREAD_KEYS_MAX)
		atomic_store_explicit(&key_owners[key], KEY_NOBODY, memory_order_relaxed);
	err = pthread_key_delete(key);
	thread_release();
	return err;
}

/* Whether a destructor was called, which may have left values anew. */
static bool keys_call(const struct component *c)
{
	bool called = false;

	for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++) {
		void (*destructor)(void *);
		void *value;

		if (!key_belongs(key, c))
			continue;
		destructor = atomic_load_explicit(&key_destructors[key], memory_order_relaxed);
		value = pthread_getspecific(key);
		if (!value || !destructor)
			continue;
		pthread_setspecific(key, NULL);
		destructor(value);
		called = true;
	}
	return called;
}

void component_keys_call(const struct component *c)
{
	int rounds = PTHREAD_DESTRUCTOR_ITERATIONS;

	while (keys_call(c) && --rounds)
		;
}

void component_keys_delete(const struct component *c)
{
	for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++)
		if (key_belongs(key, c))
			component_key_delete(key);
}
