/* SPDX-License-Identifier: MIT */
/*
 * The table of threads: see thread.h.
 */
#define _GNU_SOURCE /* CPU sets, thread names */

#include "container/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "container/heap.h"
#include "container/image.h"
#include "container/leave.h"
#include "container/life.h"
#include "container/report.h"
#include "container/thread_stack.h"
#include "ipc/monotonic.h"

#define THREAD_NAME_BYTES 16 /* with the final zero, as Linux has it */

static struct thread threads[LAYOUT_THREADS_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread struct thread *self;

struct thread *thread_self(void)
{
	return self;
}

struct thread *thread_row(unsigned number)
{
	return &threads[number];
}

void threads_lock(void)
{
	thread_hold();
	if (self)
		self->locks++;
	pthread_mutex_lock(&table_lock);
}

void threads_unlock(void)
{
	pthread_mutex_unlock(&table_lock);
	if (self)
		self->locks--;
	thread_release();
}

/* Another thread's state: acquire, so that what it wrote before its end is there. */
static enum thread_state thread_state(const struct thread *t)
{
	return atomic_load_explicit(&t->state, memory_order_acquire);
}

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

/* 0 where the system has no such clock. */
static uint64_t thread_cpu_ns(pthread_t id)
{
	struct timespec spent;
	clockid_t clock;

	if (pthread_getcpuclockid(id, &clock) || clock_gettime(clock, &spent))
		return 0;
	return monotonic_ns(&spent);
}

static void state_set(struct thread *t, enum thread_state state)
{
	/* Release: pairs with thread_state. */
	atomic_store_explicit(&t->state, state, memory_order_release);
	syscall(SYS_futex, &t->state, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static long futex_sleep(const _Atomic uint32_t *word, uint32_t seen, const struct timespec *until)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, until, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

/* Until then its maker writes to its row. */
static void live_await(struct thread *t)
{
	while (thread_state(t) == THREAD_STARTING)
		futex_sleep(&t->state, THREAD_STARTING, NULL);
}

/* The last that its row hears of a thread. */
static void thread_ended(struct thread *t)
{
	struct component *c = t->component;

	state_set(t, THREAD_ENDED);
	component_thread_ended(c, thread_is_main(t));
}

_Noreturn void thread_exit_raw(struct thread *t)
{
	component_heap_damaged(t->component);
	component_cpu_add(t->component, thread_cpu_ns(t->id));
	thread_ended(t);
	for (;;)
		syscall(SYS_exit, 0);
}

static void thread_finish(void *argument)
{
	struct thread *t = argument;

	thread_outside(t);
	if (component_heap_is_damaged(t->component))
		thread_exit_raw(t);
	component_cpu_add(t->component, thread_cpu_ns(t->id));
	heap_leave();
	thread_report_leave();
	thread_ended(t);
}

/* A pthread_exit and a cancellation also end in thread_finish; a leave comes back to the base. */
static void *thread_run(struct thread *t)
{
	void *volatile result = NULL;
	struct thread_base base;

	pthread_cleanup_push(thread_finish, t);
	t->base = &base;
	if (!sigsetjmp(base.jump, 0)) {
		thread_enter(t);
		result = t->start(t->argument);
	}
	pthread_cleanup_pop(1);
	return result;
}

/* Without its heap a thread would draw on memory that is not its component's. */
static void *thread_joined(struct thread *t)
{
	int err = heap_join(t->component->index);

	if (!err)
		return thread_run(t);
	report_line("component %s, thread %u: heap: error %d", t->component->spec->name, t->number,
		    -err);
	component_speak(t->component, COMPONENT_EXIT, EX_OSERR);
	thread_finish(t);
	return NULL;
}

static void *thread_main(void *argument)
{
	struct thread *t = argument;
	const struct image_component *spec = t->component->spec;

	self = t;
	live_await(t);
	thread_report_use(t);
	thread_pin(spec->core);
	thread_name(spec->name);
	if (!thread_is_main(t))
		return thread_joined(t);
	component_life(t);
	thread_finish(t);
	return NULL;
}

static int thread_create(struct thread *t, pthread_t *id)
{
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	err = pthread_attr_setstack(&attr, (void *)thread_stack_base(t), t->stack_bytes);
	if (!err)
		err = pthread_create(id, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	return err;
}

/* A row whose stacks are there already, or else one of which none are kept, or else any. */
static unsigned row_worth(const struct thread *t, const struct component *c, size_t stack_bytes)
{
	unsigned number = (unsigned)(t - threads);

	if (thread_state(t) != THREAD_FREE)
		return 0;
	if (thread_stacks_fit(number, c, stack_bytes))
		return 3;
	return thread_stacks_are_kept(number, NULL) ? 1 : 2;
}

/* The best of the rows that are nobody's own; the lowest of the equally good. */
static struct thread *row_choose(const struct component *c, size_t stack_bytes)
{
	struct thread *best = NULL;
	unsigned most = 0;

	for (unsigned n = image.component_count + 1; n < LAYOUT_THREADS_MAX; n++) {
		unsigned worth = row_worth(&threads[n], c, stack_bytes);

		if (worth > most) {
			most = worth;
			best = &threads[n];
		}
	}
	return best;
}

/* A row of which stacks are kept, for the component or, NULL, for anyone; claimed. */
static struct thread *row_kept(const struct component *c)
{
	struct thread *found = NULL;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX && !found; n++)
		if (thread_state(&threads[n]) == THREAD_FREE && thread_stacks_are_kept(n, c))
			found = &threads[n];
	if (found) {
		found->component = NULL; /* it is not one of that component's threads */
		atomic_store(&found->state, THREAD_JOINED);
	}
	threads_unlock();
	return found;
}

static void stacks_drop(const struct component *c)
{
	struct thread *t;

	thread_hold();
	while ((t = row_kept(c))) {
		thread_stacks_drop((unsigned)(t - threads));
		atomic_store_explicit(&t->state, THREAD_FREE, memory_order_release);
	}
	thread_release();
}

/* What is kept for others is given up where there is no memory else. */
static int stacks_back(const struct thread *t)
{
	if (!thread_stacks_back(t))
		return 0;
	stacks_drop(NULL);
	return thread_stacks_back(t);
}

/* The table's lock is not held: creating allocates. */
static int row_start(struct thread *t, pthread_t *id)
{
	int err = stacks_back(t) ? EAGAIN : 0;

	if (!err) {
		err = thread_create(t, id);
		if (err)
			thread_stacks_keep(t);
	}
	if (!err) {
		atomic_store_explicit(&t->id, *id, memory_order_relaxed);
		state_set(t, THREAD_LIVE);
		return 0;
	}
	state_set(t, THREAD_FREE);
	return err;
}

/*
 * A thread that did not end in peace is still on lists of the allocator and of
 * the C library, with memory of its stack. Its row is lost, and so are those of
 * the others on a heap that cannot be trusted.
 */
static bool row_is_lost(const struct thread *t)
{
	return component_heap_is_damaged(t->component);
}

/* The table's lock is not held: joining waits. */
static bool row_join(struct thread *t, bool patient, void **result)
{
	void *returned = NULL;
	int err;

	if (row_is_lost(t))
		return false;
	err = patient ? pthread_join(t->id, &returned) : pthread_tryjoin_np(t->id, &returned);
	if (!err)
		thread_stacks_keep(t);
	if (!err && result)
		*result = returned;
	return !err;
}

static bool row_claim(struct thread *t)
{
	uint32_t ended = THREAD_ENDED;

	return atomic_compare_exchange_strong_explicit(&t->state, &ended, THREAD_JOINED,
						       memory_order_acquire, memory_order_relaxed);
}

bool thread_reap(struct thread *t, bool patient, void **result)
{
	bool done;

	thread_hold();
	done = row_claim(t);
	if (done) {
		done = row_join(t, patient, result);
		atomic_store_explicit(&t->state, done ? THREAD_FREE : THREAD_ENDED,
				      memory_order_release);
	}
	thread_release();
	return done;
}

static bool belongs(const struct thread *t, const struct component *c)
{
	return thread_state(t) != THREAD_FREE && t->component == c && !thread_is_main(t);
}

/* The component's first thread from *number on that has ended; *number is then behind it. */
static struct thread *ended_next(const struct component *c, bool only_detached, unsigned *number)
{
	struct thread *found = NULL;

	threads_lock();
	for (; !found && *number < LAYOUT_THREADS_MAX; ++*number) {
		struct thread *t = &threads[*number];

		if (belongs(t, c) && thread_state(t) == THREAD_ENDED &&
		    (t->is_detached || !only_detached))
			found = t;
	}
	threads_unlock();
	return found;
}

static void ended_reap(const struct component *c, bool only_detached)
{
	unsigned number = 1;
	struct thread *t;

	while ((t = ended_next(c, only_detached, &number)))
		thread_reap(t, false, NULL);
}

static struct thread *row_take(struct component *c, unsigned number, size_t stack_bytes,
			       bool is_detached, void *(*start)(void *), void *argument)
{
	struct thread *t;

	threads_lock();
	if (number != THREAD_ANY)
		t = &threads[number];
	else
		t = component_is_ending(c) ? NULL : row_choose(c, stack_bytes);
	if (t)
		*t = (struct thread){
			.state = THREAD_STARTING,
			.is_detached = is_detached,
			.number = (unsigned)(t - threads),
			.component = c,
			.stack_bytes = stack_bytes,
			.start = start,
			.argument = argument,
		};
	threads_unlock();
	return t;
}

int thread_start(struct component *c, unsigned number, size_t stack_bytes, bool is_detached,
		 void *(*start)(void *), void *argument, pthread_t *id)
{
	struct thread *t;
	int err = EAGAIN;

	thread_hold();
	/*
	 * A detached thread has nobody who waits for it: it is buried when its component
	 * needs a grave, and by no other, in whose hands the C library would then leave
	 * memory of this one's heap.
	 */
	if (start)
		ended_reap(c, true);
	t = row_take(c, number, stack_bytes, is_detached, start, argument);
	if (t)
		err = row_start(t, id);
	thread_release();
	return err;
}

int thread_wait(struct thread *t, const struct timespec *deadline)
{
	while (thread_state(t) == THREAD_LIVE)
		if (futex_sleep(&t->state, THREAD_LIVE, deadline) && errno == ETIMEDOUT)
			return ETIMEDOUT;
	return 0;
}

struct thread *thread_find(const struct component *c, pthread_t id)
{
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++) {
		struct thread *t = &threads[n];

		if (thread_state(t) != THREAD_FREE && t->component == c && pthread_equal(t->id, id))
			return t;
	}
	return NULL;
}

/* Ask what lives to leave. Returns how many there are, with those still to be reaped. */
static unsigned others_ask(const struct component *c)
{
	unsigned count = 0;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++) {
		struct thread *t = &threads[n];

		if (!belongs(t, c))
			continue;
		if (thread_state(t) == THREAD_LIVE)
			leave_ask(t);
		else if (row_is_lost(t))
			continue;
		count++;
	}
	threads_unlock();
	return count;
}

bool threads_end(struct component *c, unsigned seconds)
{
	uint64_t end = monotonic_now() + seconds * MONOTONIC_SECOND;

	for (;;) {
		uint64_t now = monotonic_now();
		struct timespec again = monotonic_timespec(now + LEAVE_AGAIN_NS);
		uint32_t seen = atomic_load_explicit(&c->ends, memory_order_acquire);

		if (!others_ask(c)) {
			stacks_drop(c);
			return true;
		}
		if (now >= end)
			return false;
		futex_sleep(&c->ends, seen, &again);
		ended_reap(c, false); /* whoever was to join these leaves too */
	}
}

unsigned threads_count(const struct component *c)
{
	unsigned count = 0;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++)
		count += belongs(&threads[n], c) && thread_state(&threads[n]) == THREAD_LIVE;
	threads_unlock();
	return count;
}

uint64_t threads_cpu_ns(const struct component *c)
{
	uint64_t ns = 0;

	threads_lock();
	for (unsigned n = 1; n < LAYOUT_THREADS_MAX; n++)
		if (thread_state(&threads[n]) == THREAD_LIVE && threads[n].component == c)
			ns += thread_cpu_ns(threads[n].id);
	threads_unlock();
	return ns;
}
