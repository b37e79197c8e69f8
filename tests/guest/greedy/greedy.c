/* SPDX-License-Identifier: MIT */
/*
 * Tries to take the standard streams, the process and its signals from the other
 * components, then ends by a signal in the way that its argument names.
 */
#define _GNU_SOURCE /* pthread_cancel and its like */

#include <atoll.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <wchar.h>

#define PAUSE_US 50000
#define CHANNEL_BYTES 256 /* no more than it has */

static volatile uintptr_t bad = 16;
static volatile sig_atomic_t zero;
static struct channel *channel;
static const char *volatile answer;
static unsigned failures;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "greedy: failed: %s (%s)\n", what, strerror(errno));
	failures++;
}

static void check_streams(void)
{
	char buffer[BUFSIZ];

	expect(close(STDOUT_FILENO) && errno == EPERM, "descriptors stay open");
	expect(dup2(STDERR_FILENO, STDOUT_FILENO) == -1 && errno == EPERM, "and where they are");
	expect(!freopen("none", "r", stdout) && errno == EPERM, "streams are not reopened");
	expect(!setvbuf(stdout, buffer, _IOFBF, sizeof(buffer)), "a mode is set");
	printf("greedy: printed\n");
	expect(!fclose(stdout) && !fclose(stderr), "closing them writes what they hold");
}

static void check_processes(void)
{
	char *words[] = {(char *)"/bin/true", NULL};

	expect(fork() == -1 && errno == ENOSYS, "no fork");
	expect(execv(words[0], words) == -1 && errno == ENOSYS, "no exec");
	expect(execl(words[0], words[0], NULL) == -1 && errno == ENOSYS, "whatever its name");
	expect(!popen("true", "r") && errno == ENOSYS, "no pipes");
	expect(!system(NULL) && system("true") == -1 && errno == ENOSYS, "no shell");
}

static void check_signals(void)
{
	char memory[8192];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
	struct itimerval soon = {.it_value = {.tv_usec = 1}};

	expect(raise(SIGKILL) && errno == EPERM, "SIGKILL is not raised");
	expect(kill(getpid(), SIGSTOP) == -1 && errno == EPERM, "nor SIGSTOP");
	expect(kill(-1, SIGUSR1) == -1 && errno == ESRCH, "there are no others to kill");
	expect(sigaltstack(&stack, NULL) == -1 && errno == EPERM, "the report's stack stays");
	expect(setitimer(ITIMER_REAL, &soon, NULL) == -1 && errno == ENOSYS, "no alarms");
	expect(pthread_cancel(pthread_self()) == EPERM, "the main thread is not cancelled");
}

static void fault(void)
{
	*(volatile int *)bad = 1;
}

static void masked_fault(int signal)
{
	(void)signal;
	fault();
}

static void masked_loop(int signal)
{
	(void)signal;
	while (!zero)
		;
}

static void catch_masked(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigfillset(&action.sa_mask);
	expect(!sigaction(SIGUSR1, &action, NULL), "a handler is set");
}

static void *suspender(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	sigsuspend(&all);
	return unused;
}

static void *poller(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	ppoll(NULL, 0, NULL, &all);
	return unused;
}

static void *looper(void *unused)
{
	raise(SIGUSR1);
	return unused;
}

static void *spinner(void *lock)
{
	pthread_spin_lock(lock);
	return lock;
}

static void *hoarder(void *unused)
{
	flockfile(stdout);
	pause();
	return unused;
}

static void *flusher(void *unused)
{
	fflush(NULL);
	return unused;
}

static void *asker(void *unused)
{
	while (!zero)
		answer = getenv("PATH");
	return unused;
}

static void in_thread(void *(*start)(void *), void *argument)
{
	pthread_t thread;

	expect(!pthread_create(&thread, NULL, start, argument), "a thread is made");
	usleep(PAUSE_US);
}

static void way_raise(void)
{
	raise(SIGUSR1);
}

static void way_kill(void)
{
	signal(SIGUSR2, SIG_IGN);
	kill(getpid(), SIGUSR2);
	signal(SIGUSR2, SIG_DFL);
	kill(getpid(), SIGUSR2);
}

static void way_handler(void)
{
	catch_masked(masked_fault);
	raise(SIGUSR1);
}

/* None of these ends by itself. */
static void way_threads(void)
{
	static pthread_spinlock_t lock;

	catch_masked(masked_loop);
	pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_lock(&lock);
	in_thread(spinner, (void *)&lock);
	in_thread(suspender, NULL);
	in_thread(poller, NULL);
	in_thread(looper, NULL);
	in_thread(hoarder, NULL);
	in_thread(flusher, NULL);
	in_thread(asker, NULL);
	answer = getenv((const char *)bad);
}

/* What the container goes by when it closes the channel. */
static void way_channel(void)
{
	memset(channel, 0xff, CHANNEL_BYTES);
	channel_send(channel, "", 0, CHANNEL_FOREVER);
}

static const struct {
	const char *name;
	void (*call)(void);
} ways[] = {
	{"raise", way_raise},     {"kill", way_kill},       {"handler", way_handler},
	{"threads", way_threads}, {"channel", way_channel},
};

/* Standard output for wide characters, for good: nobody else could print. */
static int take_stdout(void)
{
	wprintf(L"greedy: printed %ls\n", L"wide");
	channel_send(channel, "", 0, CHANNEL_FOREVER);
	return fwide(stdout, 0) <= 0;
}

int main(int argc, char **argv)
{
	channel = channel_open("c");
	if (argc > 1 && !strcmp(argv[1], "wide"))
		return take_stdout();
	channel_send(channel, "greedy is here", 14, CHANNEL_FOREVER);
	check_streams();
	check_processes();
	check_signals();
	fprintf(stderr, "greedy: %u failures\n", failures);
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].call();
	return failures != 0;
}
