/* SPDX-License-Identifier: MIT */
/*
 * The sentences between two tasks of one component of an image, which is its own
 * client: COMPONENT_0, the control, COMPONENT_1 and so on are services of which the
 * leader is the client.
 *
 *   COMPONENT [ROUNDS [TEXT]]   plays; it is its own name
 *   without arguments           does nothing
 */
#include <atoll.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipc/task.h>

#include "tests/conformance/conformance.h"
#include "tests/conformance/harness.h"

#define CHANNELS 6
#define STACK (1 << 20)

enum { LEADER, FOLLOWER };

static struct channel *ends[2][CHANNELS + 1];
static char names[CHANNELS + 1][32];
static struct service *services[CHANNELS + 1];

static struct channel *end_accept(unsigned i)
{
	struct channel *ch;

	return service_accept(services[i], side_patience(), &ch) == CHANNEL_OK ? ch : NULL;
}

static bool end_is_open(struct channel *ch)
{
	return channel_reason(ch) == CHANNEL_OPEN && channel_flush(ch) == CHANNEL_OK;
}

static struct channel *end_open(const struct harness *h, unsigned i)
{
	struct channel **end = &ends[h->self][i];

	if (*end && end_is_open(*end))
		return *end;
	if (*end)
		channel_drop(*end);
	*end = h->self == FOLLOWER ? end_accept(i) : channel_connect(names[i], side_patience());
	return *end;
}

static void is_to_stop(const struct harness *h)
{
	struct channel *umpire = channel_open("stop_c_tasks");

	(void)h;
	if (umpire)
		channel_send(umpire, NULL, 0, CHANNEL_FOREVER);
}

static struct harness harness_of(unsigned self)
{
	return (struct harness){
		.placement = component_name(),
		.channels = CHANNELS,
		.one_thread = true,
		.together = true,
		.open = end_open,
		.stop = is_to_stop,
		.self = self,
	};
}

static int follow(void *unused)
{
	const struct harness h = harness_of(FOLLOWER);

	(void)unused;
	return conform_follow(&h);
}

static unsigned play(unsigned rounds, const char *only)
{
	const struct harness h = harness_of(LEADER);
	struct task *follower = task_spawn(follow, NULL, STACK);
	unsigned failed;

	if (!follower)
		return 1;
	failed = conform_lead(&h, rounds, only);
	task_join(follower, CHANNEL_NOW + 1, NULL);
	return failed;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || strcmp(argv[1], component_name()) != 0)
		return 0;
	for (unsigned i = 0; i <= CHANNELS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s_%u", component_name(), i);
		services[i] = service_listen(names[i]);
		if (!services[i])
			return 2;
	}
	return play(argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20,
		    argc > 3 ? argv[3] : "") != 0;
}
