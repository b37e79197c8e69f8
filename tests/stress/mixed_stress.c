/* SPDX-License-Identifier: MIT */
/*
 * All ways to use a channel, one against the other, for as long as one likes.
 *
 *   mixed_stress [SECONDS [SEED [fenced]]]
 *
 * A round is one connection between two components: each end sends and receives
 * at once, on two threads or as two tasks of one, each side in a way of its own
 * (by copy, in place, in batches, as a stream, in a set), with naps that make the
 * other side park. It ends when all messages have passed, or when one end closes
 * or dies somewhere; then both open the channel again. Every byte is checked; what
 * was sent before the end of a side that finished has to arrive. A round that takes
 * long ends the program with status 1, as a failure does.
 */
#include <unistd.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "ipc/task.h"
#include "tests/stress/mixed_ways.h"
#include "tests/stress/stress.h"
#include "tests/unit/component_made_up.h"

#define MIXED_MESSAGES 3000  /* of a side in a round, at most */
#define MIXED_ROUND_MOST 120 /* seconds */

enum mixed_end { END_FINISH, END_CLOSE, END_DIE, END_WAYS };

static const struct image_channel mixed_channels[] = {{"pair", 0, 1, MIXED_RING}};
static const struct image mixed_image = {
	.name = "mixed",
	.component_count = 2,
	.channel_count = 1,
	.channels = mixed_channels,
};

struct mixed_component {
	unsigned index;
	struct channel *ch;
	struct mixed_side send, receive;
	bool tasks;
	enum mixed_end end;
};

static struct mixed_component mixed[2];

/* Both directions by tasks of this thread, which cannot wait in sets. */
static void mixed_by_tasks(struct mixed_component *c)
{
	struct task *t = task_spawn(mixed_sends, &c->send, 0);

	if (!t)
		mixed_fail(&c->send, "no task");
	mixed_receives(&c->receive);
	if (task_join(t, CHANNEL_FOREVER, NULL) != CHANNEL_OK) {
		task_cancel(t);
		mixed_fail(&c->send, "not joined");
	}
	endpoint_thread_ends();
}

static void *mixed_thread(void *arg)
{
	const struct mixed_side *s = arg;

	test_component = s->component;
	mixed_sends(arg);
	return NULL;
}

static void mixed_by_threads(struct mixed_component *c)
{
	pthread_t id;

	if (pthread_create(&id, NULL, mixed_thread, &c->send))
		mixed_fail(&c->send, "no thread");
	mixed_receives(&c->receive);
	pthread_join(id, NULL);
}

/* A component's part of a round. Its side ends by its number of messages or by the peer's end. */
static void *mixed_component_runs(void *arg)
{
	struct mixed_component *c = arg;

	test_component = c->index;
	if (c->tasks)
		mixed_by_tasks(c);
	else
		mixed_by_threads(c);
	if (c->end == END_FINISH)
		channel_finish(c->ch);
	if (c->end != END_DIE)
		channel_close(c->ch);
	return NULL;
}

/* The message counts: either all that is sent is received, or a side gives up in the middle. */
static void mixed_choose(uint64_t *x)
{
	for (unsigned i = 0; i < 2; i++) {
		struct mixed_component *c = &mixed[i];
		struct mixed_side *sides[] = {&c->send, &c->receive};

		c->index = i;
		c->tasks = random_below(x, 3) == 0;
		c->end = (enum mixed_end)random_below(x, END_WAYS);
		for (unsigned j = 0; j < 2; j++)
			*sides[j] = (struct mixed_side){
				.ch = c->ch,
				.component = i,
				.random = *x + 4 * i + j + 1,
				.seed = j ? !i : i,
				.naps = random_below(x, 2),
				.most = MIXED_MESSAGES,
			};
		c->send.way = (unsigned)random_below(x, c->tasks ? SEND_SET : SEND_WAYS);
		c->receive.way = (unsigned)random_below(x, c->tasks ? RECEIVE_SET : RECEIVE_WAYS);
	}
}

/*
 * One of the ends may give up early: then it dies or closes, and the other is told.
 * Only its receiver does; its sender ends because the other receives no more.
 */
static void mixed_round(uint64_t *x)
{
	struct mixed_component *early = &mixed[random_below(x, 2)];
	pthread_t ids[2];

	mixed_choose(x);
	if (random_below(x, 2))
		early->send.most = early->receive.most = (unsigned)random_below(x, MIXED_MESSAGES);
	for (unsigned i = 0; i < 2; i++)
		if (pthread_create(&ids[i], NULL, mixed_component_runs, &mixed[i]))
			mixed_fail(&mixed[i].send, "no thread");
	for (unsigned n = 0; n < 2; n++) {
		/* Who gives up ends first, or the other one would wait for ever. */
		unsigned i = (unsigned)(early - mixed) ^ n;

		pthread_join(ids[i], NULL);
		channel_table_end(i, mixed[i].end == END_DIE);
	}
}

/*
 * What passed is what was sent; all of it, where nobody gave up. A sender that was told of
 * the end may have had its last message taken just before: see channel_commit.
 */
static uint64_t mixed_judge(void)
{
	uint64_t passed = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct mixed_side *out = &mixed[i].send, *in = &mixed[!i].receive;

		if (in->done > out->done + out->closed)
			mixed_fail(in, "more than was sent");
		if (out->most == in->most && out->most == MIXED_MESSAGES &&
		    mixed[i].receive.most == MIXED_MESSAGES && in->done != MIXED_MESSAGES)
			mixed_fail(in, "not all of what was sent");
		passed += in->done;
	}
	return passed;
}

static void mixed_open(void)
{
	for (unsigned i = 0; i < 2; i++)
		channel_table_begin(i);
	for (unsigned i = 0; i < 2; i++) {
		mixed[i].ch = test_open(i, "pair");
		if (!mixed[i].ch)
			mixed_fail(&mixed[i].send, "not opened");
	}
}

int main(int argc, char **argv)
{
	uint64_t seconds = argc > 1 ? strtoull(argv[1], NULL, 0) : 2;
	uint64_t until, rounds = 0, messages = 0, x;

	mixed_seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	x = mixed_seed * UINT64_C(2654435761) + 1;
	if (channel_table_create(&mixed_image))
		return 1;
	if (argc > 3)
		bell_mode.fenced = true;
	puts("1..1");
	for (unsigned i = 0; i < 2; i++)
		channel_table_end(i, false);
	for (until = monotonic_now() + seconds * MONOTONIC_SECOND; monotonic_now() < until;
	     rounds++) {
		alarm(MIXED_ROUND_MOST);
		mixed_open();
		mixed_round(&x);
		messages += mixed_judge();
	}
	printf("ok 1 - mixed: %llu rounds, %llu messages\n", (unsigned long long)rounds,
	       (unsigned long long)messages);
	return 0;
}
