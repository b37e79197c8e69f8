/* SPDX-License-Identifier: MIT */
/*
 * Threads of a component, over the table of threads: see component_thread.h.
 */
#include "container/component_thread.h"

#include <errno.h>

#include "container/image.h"
#include "container/leave.h"
#include "container/life.h"
#include "container/thread.h"

static size_t stack_round(size_t bytes)
{
	return (bytes + LAYOUT_PAGE_SIZE - 1) & ~(LAYOUT_PAGE_SIZE - 1);
}

int component_thread_create(pthread_t *id, size_t stack_bytes, bool is_detached,
			    void *(*start)(void *argument), void *argument)
{
	struct component *c = component_self();
	pthread_t made;
	int err;

	if (!c || !start || stack_bytes > LAYOUT_STACK_MAX)
		return EINVAL;
	if (!stack_bytes)
		stack_bytes = c->spec->stack_bytes;
	err = thread_start(c, THREAD_ANY, stack_round(stack_bytes), is_detached, start, argument,
			   &made);
	if (!err)
		*id = made;
	return err;
}

/* The thread of that id, for the caller alone to wait for. */
static int join_claim(pthread_t id, struct thread **claimed)
{
	struct thread *t;
	int err = 0;

	threads_lock();
	t = thread_find(component_self(), id);
	if (!t)
		err = ESRCH;
	else if (t == thread_self())
		err = EDEADLK;
	else if (t->is_detached || t->is_joined || thread_is_main(t))
		err = EINVAL;
	else
		t->is_joined = true;
	threads_unlock();
	*claimed = t;
	return err;
}

static void join_give_up(struct thread *t)
{
	threads_lock();
	t->is_joined = false;
	threads_unlock();
}

int component_thread_join(pthread_t id, void **result, const struct timespec *deadline)
{
	struct thread *t;
	void *returned;
	int err = join_claim(id, &t);

	if (err)
		return err;
	err = thread_wait(t, deadline);
	if (err) {
		join_give_up(t);
		return err;
	}
	thread_reap(t, true, &returned);
	if (result)
		*result = returned;
	return 0;
}

int component_thread_detach(pthread_t id)
{
	struct thread *t;
	int err = 0;

	threads_lock();
	t = thread_find(component_self(), id);
	if (!t)
		err = ESRCH;
	else if (t->is_detached || t->is_joined)
		err = EINVAL;
	else
		t->is_detached = true;
	threads_unlock();
	return err;
}

/* Without the lock, which a signal handler may have interrupted; rows of others do not matter. */
bool component_thread_is_own(pthread_t id)
{
	return pthread_equal(id, pthread_self()) || thread_find(component_self(), id);
}

bool component_thread_is_main(pthread_t id)
{
	return pthread_equal(id, thread_row(component_main(component_self()))->id);
}

_Noreturn void component_thread_exit(void *result)
{
	struct thread *t = thread_self();

	if (t && thread_is_main(t) && t->is_inside)
		leave_now(t);
	pthread_exit(result);
}

void component_hold(void)
{
	thread_hold();
}

void component_release(void)
{
	thread_release();
}
