/* SPDX-License-Identifier: MIT */
/*
 * The sentences between two made-up components of this process.
 *
 *   conformance [threads|stacks|tasks [ROUNDS [TEXT]]]
 *
 * "threads": each has a thread of its own; "stacks": likewise, but nothing makes
 * tasks, whose stacks valgrind does not know; "tasks": both are tasks of one thread.
 * TEXT chooses the sentences that contain it. Ends with status 1 where one fails.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "tests/conformance/conformance.h"
#include "tests/conformance/harness.h"
#include "tests/unit/component_made_up.h"

#define CHANNELS 20
#define RING_SMALL 4096
#define RING_LARGE 65536
#define LASTS_MOST 200                /* seconds: then something hangs */
#define STOP_AFTER (20 * 1000 * 1000) /* ns */

enum { LEADER, FOLLOWER };

static struct image_channel channels[CHANNELS + 1];
static char names[CHANNELS + 1][16];

static const struct image test_image = {
	.name = "conformance",
	.component_count = 2,
	.channel_count = CHANNELS + 1,
	.channels = channels,
};

static jmp_buf born; /* where the follower begins another life */

static void channels_make(void)
{
	for (unsigned i = 0; i <= CHANNELS; i++) {
		snprintf(names[i], sizeof(names[i]), "channel %u", i);
		channels[i] = (struct image_channel){names[i], LEADER, FOLLOWER,
						     i % 4 ? RING_SMALL : RING_LARGE};
	}
	if (channel_table_create(&test_image)) {
		fprintf(stderr, "conformance: no channels\n");
		exit(1);
	}
}

static struct channel *end_open(const struct harness *h, unsigned i)
{
	return test_open(h->self, names[i]);
}

static void thread_enter(const struct harness *h)
{
	test_component = h->self;
}

/* As the container does where a thread ends and its component goes on. */
static void tasks_end(void)
{
	if (endpoint_thread_ends)
		endpoint_thread_ends();
}

_Noreturn static void follower_die(const struct harness *h)
{
	channel_table_end(h->self, true);
	if (!h->one_thread)
		tasks_end();
	channel_table_begin(h->self);
	longjmp(born, 1);
}

static void *stop_soon(void *unused)
{
	nanosleep(&(struct timespec){.tv_nsec = STOP_AFTER}, NULL);
	channel_table_stop(LEADER);
	channel_table_stop(FOLLOWER);
	return unused;
}

static pthread_t stopper;
static bool is_stopping;

static void both_stop(const struct harness *h)
{
	(void)h;
	is_stopping = !pthread_create(&stopper, NULL, stop_soon, NULL);
}

static const char *placement = "threads";

static struct harness harness_of(unsigned self)
{
	return (struct harness){
		.placement = placement,
		.channels = CHANNELS,
		.one_thread = !strcmp(placement, "tasks"),
		.no_tasks = !strcmp(placement, "stacks"),
		.open = end_open,
		.enter = thread_enter,
		.die = follower_die,
		.stop = both_stop,
		.self = self,
	};
}

static int follow(void)
{
	const struct harness h = harness_of(FOLLOWER);

	setjmp(born);
	return conform_follow(&h);
}

static void *follower_thread(void *unused)
{
	test_component = FOLLOWER;
	follow();
	tasks_end();
	return unused;
}

static int follower_task(void *unused)
{
	(void)unused;
	return follow();
}

static unsigned run_threads(unsigned rounds, const char *only)
{
	const struct harness h = harness_of(LEADER);
	unsigned failed;
	pthread_t id;

	if (pthread_create(&id, NULL, follower_thread, NULL))
		return 1;
	failed = conform_lead(&h, rounds, only);
	pthread_join(id, NULL);
	tasks_end();
	return failed;
}

static unsigned run_tasks(unsigned rounds, const char *only)
{
	const struct harness h = harness_of(LEADER);
	struct task *follower = task_spawn(follower_task, NULL, 1 << 20);
	unsigned failed;

	if (!follower)
		return 1;
	failed = conform_lead(&h, rounds, only);
	task_join(follower, CHANNEL_NOW + 1, NULL);
	return failed;
}

static bool put(const char *text)
{
	return write(STDOUT_FILENO, text, strlen(text)) >= 0;
}

static void hangs(int signal)
{
	(void)signal;
	_exit(put("not ok - ") && put(conform_playing) && put(" # it hangs\n") ? 1 : 2);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
	const char *only = argc > 3 ? argv[3] : "";
	unsigned failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, hangs);
	alarm(LASTS_MOST);
	test_component = LEADER;
	channels_make();
	if (argc > 1)
		placement = argv[1];
	failed = !strcmp(placement, "tasks") ? run_tasks(rounds, only) : run_threads(rounds, only);
	if (is_stopping)
		pthread_join(stopper, NULL);
	return failed != 0;
}
