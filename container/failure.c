/* SPDX-License-Identifier: MIT */
/*
 * The handler of faults: see failure.h.
 *
 * It runs on the thread's report stack, at any instruction of the component or
 * of the libraries. It does not return: the thread leaves to its base, or, where
 * there is none, ends without a further word.
 */
#define _GNU_SOURCE /* names of registers */

#include "container/failure.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "container/leave.h"
#include "container/life.h"
#include "container/report.h"
#include "container/signals.h"
#include "container/streams.h"
#include "container/trace.h"
#include "ipc/channel_lock.h"

#define SIGNAL_STATUS 128 /* + signal: as a shell says it */

static const int failure_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

/* What else ends a process, and may come of what a component does. */
static const int other_signals[] = {SIGHUP,  SIGQUIT,   SIGUSR1,   SIGUSR2, SIGPIPE,
				    SIGALRM, SIGSTKFLT, SIGVTALRM, SIGPROF, SIGIO,
				    SIGPWR,  SIGXCPU,   SIGXFSZ};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* As if there were no handler. */
static void signal_unhandled(int signal, const siginfo_t *info)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(signal, &action, NULL);
	/* A fault comes again at once, with its own registers. */
	if (info->si_code <= 0 || signal == SIGTRAP)
		raise(signal);
}

/* What the others need is half done, or locked, and stays so: the image cannot go on. */
static void failure_of_container(struct thread *t, const siginfo_t *info, ucontext_t *context)
{
	ucontext_t used = *context;

	if (t && !report_is_under_way(t))
		report_failure(t, info, &used);
	report_line("the container itself failed, by signal %d at %#lx; the image ends",
		    info->si_signo, (uint64_t)context->uc_mcontext.gregs[REG_RIP]);
	signal_unhandled(info->si_signo, info);
}

static _Noreturn void thread_fail(struct thread *t, const siginfo_t *info, ucontext_t *context)
{
	struct component *c = t->component;
	ucontext_t used = *context; /* the report is to have it as it was */

	t->holds++; /* the report is not to be left half said */
	if (trace_in_allocator(t, &used))
		component_heap_damaged(c);
	report_failure(t, info, context);
	t->holds--;
	component_speak(c, COMPONENT_FAILED, SIGNAL_STATUS + info->si_signo);
	if (!t->is_inside || (component_heap_is_damaged(c) && !thread_is_main(t))) {
		streams_unlock();
		thread_exit_raw(t);
	}
	leave_now(t);
}

static void failure_handler(int signal, siginfo_t *info, void *context)
{
	struct thread *t = thread_self();

	(void)signal;
	if (t && t->may_escape)
		siglongjmp(t->escape, 1);
	if (!t || t->locks || channel_lock_is_mine() || report_is_under_way(t))
		failure_of_container(t, info, context);
	else
		thread_fail(t, info, context);
}

/*
 * What the container itself writes, a report or what a component left in standard
 * output, is lost where nobody reads: that is no failure of whose thread writes it.
 */
static bool is_own_writing(int signal)
{
	const struct thread *t = thread_self();

	return signal == SIGPIPE && (!t || !t->is_inside || report_is_under_way(t));
}

/* From another process it is for the whole image. */
static void other_handler(int signal, siginfo_t *info, void *context)
{
	if (is_own_writing(signal) && info->si_pid == getpid())
		return;
	if (info->si_pid != getpid())
		signal_unhandled(signal, info);
	else
		failure_handler(signal, info, context);
}

int failure_default(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	for (unsigned i = 0; i < COUNT(other_signals); i++)
		if (other_signals[i] == signal) {
			action.sa_sigaction = other_handler;
			action.sa_flags = SA_ONSTACK | SA_SIGINFO | SA_NODEFER;
		}
	return sigaction(signal, &action, NULL);
}

int failure_init(void)
{
	int err = 0;

	trace_init();
	for (unsigned i = 0; !err && i < COUNT(failure_signals); i++)
		err = signal_catch(failure_signals[i], failure_handler, SA_ONSTACK);
	for (unsigned i = 0; !err && i < COUNT(other_signals); i++)
		err = failure_default(other_signals[i]) ? -errno : 0;
	return err;
}
