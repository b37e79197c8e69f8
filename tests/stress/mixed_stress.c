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
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "container/image.h"
#include "ipc/channel_stream.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "ipc/monotonic.h"
#include "ipc/set.h"
#include "ipc/task.h"
#include "tests/unit/component_made_up.h"

#define MIXED_RING 4096
#define MIXED_MESSAGES 3000  /* of a side in a round, at most */
#define MIXED_ROUND_MOST 120 /* seconds */
#define MIXED_SECOND UINT64_C(1000000000)

enum mixed_send { SEND_COPY, SEND_ROOM, SEND_BATCH, SEND_STREAM, SEND_SET, SEND_WAYS };
enum mixed_receive { RECEIVE_COPY, RECEIVE_PEEK, RECEIVE_STREAM, RECEIVE_SET, RECEIVE_WAYS };
enum mixed_end { END_FINISH, END_CLOSE, END_DIE, END_WAYS };

static const struct image_channel mixed_channels[] = {{"pair", 0, 1, MIXED_RING}};
static const struct image mixed_image = {
	.name = "mixed",
	.component_count = 2,
	.channel_count = 1,
	.channels = mixed_channels,
};

/* One direction at one end. */
struct mixed_side {
	struct channel *ch;
	unsigned component;
	uint64_t random;
	uint64_t seed; /* of the messages of this direction */
	unsigned way;
	unsigned most; /* messages until it finishes, or gives up */
	bool naps;
	unsigned done;
	bool closed; /* it was told of an end */
};

struct mixed_component {
	unsigned index;
	struct channel *ch;
	struct mixed_side send, receive;
	bool tasks;
	enum mixed_end end;
};

static struct mixed_component mixed[2];
static uint64_t mixed_seed = 1;

static _Noreturn void mixed_fail(const struct mixed_side *s, const char *what)
{
	fprintf(stderr, "mixed_stress: seed %llu: component %u, way %u, message %u: %s\n",
		(unsigned long long)mixed_seed, s->component, s->way, s->done, what);
	_exit(1);
}

static uint64_t mixed_chance(uint64_t *x, uint64_t below)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (*x >> 5) % below;
}

/* The length of a message, which both ends know. */
static size_t mixed_length(const struct mixed_side *s)
{
	uint64_t x = (s->seed + s->done / 3 + 1) * UINT64_C(2654435761);

	x ^= x >> 15;
	return x % (x % 16 ? 120 : channel_max(s->ch) + 1);
}

static void mixed_fill(const struct mixed_side *s, void *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)to)[i] = (unsigned char)(s->seed + s->done * 5 + i * 3);
}

static void mixed_check(const struct mixed_side *s, const void *from, size_t len)
{
	if (len != mixed_length(s))
		mixed_fail(s, "not the length that was sent");
	for (size_t i = 0; i < len; i++)
		if (((const unsigned char *)from)[i] !=
		    (unsigned char)(s->seed + s->done * 5 + i * 3))
			mixed_fail(s, "not what was sent");
}

static void mixed_nap(struct mixed_side *s)
{
	if (s->naps && mixed_chance(&s->random, 512) == 0)
		nanosleep(&(struct timespec){.tv_nsec = 80000}, NULL);
}

static uint64_t mixed_deadline(struct mixed_side *s)
{
	switch (mixed_chance(&s->random, 6)) {
	case 0:
		return CHANNEL_NOW;
	case 1:
		return monotonic_now() + mixed_chance(&s->random, 100000);
	default:
		return CHANNEL_FOREVER;
	}
}

/* Whether to try the same again: the deadline was past, and nothing was done. */
static bool mixed_again(struct mixed_side *s, enum channel_status status)
{
	if (status == CHANNEL_AGAIN) {
		task_yield();
		return true;
	}
	if (status == CHANNEL_OK)
		s->done++;
	else if (status == CHANNEL_CLOSED || status == CHANNEL_STOPPING)
		s->closed = true;
	else
		mixed_fail(s, channel_status_text(status));
	return false;
}

static enum channel_status mixed_send_copy(struct mixed_side *s)
{
	unsigned char bytes[MIXED_RING];
	size_t len = mixed_length(s), first = len ? mixed_chance(&s->random, len) : 0;
	struct channel_part parts[] = {{bytes, first}, {bytes + first, len - first}};

	mixed_fill(s, bytes, len);
	if (s->done % 2)
		return channel_sendv(s->ch, parts, 2, mixed_deadline(s));
	return channel_send(s->ch, bytes, len, mixed_deadline(s));
}

static enum channel_status mixed_send_room(struct mixed_side *s, bool batch)
{
	size_t len = mixed_length(s), spare = (channel_max(s->ch) - len) / 3;
	enum channel_status status;
	void *room;

	status = channel_reserve(s->ch, len + (s->done % 4 ? 0 : spare), mixed_deadline(s), &room);
	if (status != CHANNEL_OK)
		return status;
	mixed_fill(s, room, len);
	if (batch && mixed_chance(&s->random, 10))
		return channel_commit_quiet(s->ch, len);
	return channel_commit(s->ch, len);
}

static void mixed_send_stream(struct mixed_side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);
	unsigned until = s->done + (unsigned)mixed_chance(&s->random, 300);

	while (!s->closed && s->done < s->most && s->done < until) {
		size_t len = mixed_length(s);
		void *room;
		enum channel_status status = channel_writer_room(&w, len, mixed_deadline(s), &room);

		mixed_nap(s);
		if (status == CHANNEL_OK) {
			mixed_fill(s, room, len);
			status = mixed_chance(&s->random, 8) ? channel_writer_add(&w, len)
							     : channel_writer_commit(&w, len);
		}
		mixed_again(s, status);
	}
	channel_writer_close(&w);
}

static struct channel_set *mixed_set_new(const struct mixed_side *s)
{
	struct channel_set *set;

	test_component = s->component;
	set = channel_set_new();
	if (!set)
		mixed_fail(s, "no set");
	return set;
}

static enum channel_status mixed_set_wait(struct mixed_side *s, struct channel_set *set)
{
	void *tag;

	return channel_set_wait(set, mixed_deadline(s), &tag);
}

static void mixed_send_set(struct mixed_side *s)
{
	struct channel_set *set = mixed_set_new(s);
	enum channel_status status;

	channel_set_send(set, s->ch, channel_max(s->ch), s);
	while (!s->closed && s->done < s->most) {
		mixed_nap(s);
		status = mixed_set_wait(s, set);
		if (status == CHANNEL_OK || status == CHANNEL_AGAIN) {
			unsigned char bytes[MIXED_RING];

			mixed_fill(s, bytes, mixed_length(s));
			status = channel_send(s->ch, bytes, mixed_length(s), CHANNEL_NOW);
		}
		mixed_again(s, status);
	}
	channel_set_free(set);
}

static int mixed_sends(void *arg)
{
	struct mixed_side *s = arg;

	if (s->way == SEND_SET)
		mixed_send_set(s);
	while (!s->closed && s->done < s->most) {
		mixed_nap(s);
		if (s->way == SEND_STREAM)
			mixed_send_stream(s);
		else if (s->way == SEND_COPY)
			mixed_again(s, mixed_send_copy(s));
		else
			mixed_again(s, mixed_send_room(s, s->way == SEND_BATCH));
	}
	channel_flush(s->ch);
	return 0;
}

static enum channel_status mixed_receive_copy(struct mixed_side *s, uint64_t deadline)
{
	unsigned char bytes[MIXED_RING];
	size_t len;
	enum channel_status status = channel_recv(s->ch, bytes, sizeof(bytes), &len, deadline);

	if (status == CHANNEL_OK)
		mixed_check(s, bytes, len);
	return status;
}

static enum channel_status mixed_receive_peek(struct mixed_side *s)
{
	const void *msg;
	size_t len;
	enum channel_status status = channel_peek(s->ch, mixed_deadline(s), &msg, &len);

	if (status != CHANNEL_OK)
		return status;
	mixed_nap(s);
	mixed_check(s, msg, len);
	return channel_release(s->ch);
}

static void mixed_receive_stream(struct mixed_side *s)
{
	struct channel_reader r = channel_reader_open(s->ch);
	unsigned until = s->done + (unsigned)mixed_chance(&s->random, 300);

	while (!s->closed && s->done < s->most && s->done < until) {
		const void *msg;
		size_t len;
		enum channel_status status = channel_reader_next(&r, mixed_deadline(s), &msg, &len);

		mixed_nap(s);
		if (status == CHANNEL_OK) {
			mixed_check(s, msg, len);
			channel_reader_done(&r);
		}
		mixed_again(s, status);
	}
	channel_reader_close(&r);
}

static void mixed_receive_set(struct mixed_side *s)
{
	struct channel_set *set = mixed_set_new(s);
	enum channel_status status;

	channel_set_receive(set, s->ch, s);
	while (!s->closed && s->done < s->most) {
		mixed_nap(s);
		status = mixed_set_wait(s, set);
		if (status == CHANNEL_OK)
			status = mixed_receive_copy(s, CHANNEL_NOW);
		mixed_again(s, status);
	}
	channel_set_free(set);
}

static int mixed_receives(void *arg)
{
	struct mixed_side *s = arg;

	if (s->way == RECEIVE_SET)
		mixed_receive_set(s);
	while (!s->closed && s->done < s->most) {
		if (s->way == RECEIVE_STREAM)
			mixed_receive_stream(s);
		else if (s->way == RECEIVE_COPY)
			mixed_again(s, mixed_receive_copy(s, mixed_deadline(s)));
		else
			mixed_again(s, mixed_receive_peek(s));
	}
	return 0;
}

/* Both directions by tasks of this thread, which cannot wait in sets. */
static void mixed_by_tasks(struct mixed_component *c)
{
	struct task *t;

	test_component = c->index;
	t = task_spawn(mixed_sends, &c->send, 0);
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
		c->tasks = mixed_chance(x, 3) == 0;
		c->end = (enum mixed_end)mixed_chance(x, END_WAYS);
		for (unsigned j = 0; j < 2; j++)
			*sides[j] = (struct mixed_side){
				.ch = c->ch,
				.component = i,
				.random = *x + 4 * i + j + 1,
				.seed = j ? !i : i,
				.naps = mixed_chance(x, 2),
				.most = MIXED_MESSAGES,
			};
		c->send.way = (unsigned)mixed_chance(x, c->tasks ? SEND_SET : SEND_WAYS);
		c->receive.way = (unsigned)mixed_chance(x, c->tasks ? RECEIVE_SET : RECEIVE_WAYS);
	}
}

/*
 * One of the ends may give up early: then it dies or closes, and the other is told.
 * Only its receiver does; its sender ends because the other receives no more.
 */
static void mixed_round(uint64_t *x)
{
	struct mixed_component *early = &mixed[mixed_chance(x, 2)];
	pthread_t ids[2];

	mixed_choose(x);
	if (mixed_chance(x, 2))
		early->send.most = early->receive.most = (unsigned)mixed_chance(x, MIXED_MESSAGES);
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

/* What passed is what was sent; all of it, where nobody gave up. */
static uint64_t mixed_judge(void)
{
	uint64_t passed = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct mixed_side *out = &mixed[i].send, *in = &mixed[!i].receive;

		if (in->done > out->done)
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
	for (until = monotonic_now() + seconds * MIXED_SECOND; monotonic_now() < until; rounds++) {
		alarm(MIXED_ROUND_MOST);
		mixed_open();
		mixed_round(&x);
		messages += mixed_judge();
	}
	printf("ok 1 - mixed: %llu rounds, %llu messages\n", (unsigned long long)rounds,
	       (unsigned long long)messages);
	return 0;
}
