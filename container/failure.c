/* SPDX-License-Identifier: MIT */
/*
 * The handler of faults: see failure.h.
 *
 * It runs on the thread's report stack, at any instruction of the component or
 * of the libraries. It does not return: the thread leaves to its base, or, where
 * there is none, ends without a further word.
 */
#include "container/failure.h"

#include <errno.h>
#include <unistd.h>

#include "container/leave.h"
#include "container/life.h"
#include "container/report.h"
#include "container/signals.h"
#include "container/trace.h"

#define SIGNAL_STATUS 128 /* + signal: as a shell says it */

static const int failure_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

/* What else ends a process, and may come of what a component does. */
static const int other_signals[] = {SIGHUP,  SIGQUIT,   SIGUSR1,   SIGUSR2, SIGPIPE,
				    SIGALRM, SIGSTKFLT, SIGVTALRM, SIGPROF, SIGIO,
				    SIGPWR,  SIGXCPU,   SIGXFSZ};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The container itself failed: as if there were no handler. A fault comes again at once. */
static void failure_of_container(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(signal, &action, NULL);
	raise(signal);
}

static _Noreturn void thread_fail(struct thread *t, const siginfo_t *info, ucontext_t *context)
{
	struct component *c = t->component;

	t->holds++; /* the report is not to be left half said */
	if (trace_in_allocator(t, context))
		component_heap_damaged(c);
	report_failure(t, info, context);
	t->holds--;
	component_speak(c, COMPONENT_FAILED, SIGNAL_STATUS + info->si_signo);
	if (!t->is_inside || (component_heap_is_damaged(c) && !thread_is_main(t)))
		thread_exit_raw(t);
	leave_now(t);
}

static void failure_handler(int signal, siginfo_t *info, void *context)
{
	struct thread *t = thread_self();

	if (t && t->may_escape)
		siglongjmp(t->escape, 1);
	if (!t || t->locks)
		failure_of_container(signal);
	else
		thread_fail(t, info, context);
}

/* From another process it is for the whole image. */
static void other_handler(int signal, siginfo_t *info, void *context)
{
	if (info->si_pid != getpid())
		failure_of_container(signal);
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
