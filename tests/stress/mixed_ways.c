/* SPDX-License-Identifier: MIT */
#include "tests/stress/mixed_ways.h"

#include <stdio.h>
#include <unistd.h>

#include "ipc/channel_stream.h"
#include "ipc/set.h"
#include "ipc/task.h"
#include "tests/stress/stress.h"

uint64_t mixed_seed = 1;

_Noreturn void mixed_fail(const struct mixed_side *s, const char *what)
{
	fprintf(stderr, "mixed_stress: seed %llu: component %u, way %u, message %u: %s\n",
		(unsigned long long)mixed_seed, s->component, s->way, s->done, what);
	_exit(1);
}

/* The length of a message, which both ends know. */
static size_t mixed_length(const struct mixed_side *s)
{
	uint64_t x = (s->seed + s->done / 3 + 1) * UINT64_C(2654435761);

	x ^= x >> 15;
	return x % (x % 16 ? 120 : channel_max(s->ch) + 1);
}

/* What stress_fill makes the message's bytes from. */
static uint64_t mixed_number(const struct mixed_side *s)
{
	return s->seed + s->done * 5;
}

static void mixed_fill(const struct mixed_side *s, void *to, size_t len)
{
	stress_fill(to, len, mixed_number(s));
}

static void mixed_check(const struct mixed_side *s, const void *from, size_t len)
{
	if (len != mixed_length(s))
		mixed_fail(s, "not the length that was sent");
	if (!stress_filled(from, len, mixed_number(s)))
		mixed_fail(s, "not what was sent");
}

static void mixed_nap(struct mixed_side *s)
{
	if (s->naps)
		stress_nap(&s->random, 512);
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
	size_t len = mixed_length(s), first = len ? random_below(&s->random, len) : 0;
	struct channel_part parts[] = {{bytes, first}, {bytes + first, len - first}};

	mixed_fill(s, bytes, len);
	if (s->done % 2)
		return channel_sendv(s->ch, parts, 2, stress_deadline(&s->random));
	return channel_send(s->ch, bytes, len, stress_deadline(&s->random));
}

static enum channel_status mixed_send_room(struct mixed_side *s, bool batch)
{
	size_t len = mixed_length(s), spare = (channel_max(s->ch) - len) / 3;
	enum channel_status status;
	void *room;

	status = channel_reserve(s->ch, len + (s->done % 4 ? 0 : spare),
				 stress_deadline(&s->random), &room);
	if (status != CHANNEL_OK)
		return status;
	mixed_fill(s, room, len);
	if (batch && random_below(&s->random, 10))
		return channel_commit_quiet(s->ch, len);
	return channel_commit(s->ch, len);
}

static void mixed_send_stream(struct mixed_side *s)
{
	struct channel_writer w = channel_writer_open(s->ch);
	unsigned until = s->done + (unsigned)random_below(&s->random, 300);

	while (!s->closed && s->done < s->most && s->done < until) {
		size_t len = mixed_length(s);
		void *room;
		enum channel_status status =
			channel_writer_room(&w, len, stress_deadline(&s->random), &room);

		mixed_nap(s);
		if (status == CHANNEL_OK) {
			mixed_fill(s, room, len);
			status = random_below(&s->random, 8) ? channel_writer_add(&w, len)
							     : channel_writer_commit(&w, len);
		}
		mixed_again(s, status);
	}
	channel_writer_close(&w);
}

static struct channel_set *mixed_set_new(const struct mixed_side *s)
{
	struct channel_set *set = channel_set_new();

	if (!set)
		mixed_fail(s, "no set");
	return set;
}

static enum channel_status mixed_set_wait(struct mixed_side *s, struct channel_set *set)
{
	void *tag;

	return channel_set_wait(set, stress_deadline(&s->random), &tag);
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

int mixed_sends(void *side)
{
	struct mixed_side *s = side;

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
	enum channel_status status = channel_peek(s->ch, stress_deadline(&s->random), &msg, &len);

	if (status != CHANNEL_OK)
		return status;
	mixed_nap(s);
	mixed_check(s, msg, len);
	return channel_release(s->ch);
}

static void mixed_receive_stream(struct mixed_side *s)
{
	struct channel_reader r = channel_reader_open(s->ch);
	unsigned until = s->done + (unsigned)random_below(&s->random, 300);

	while (!s->closed && s->done < s->most && s->done < until) {
		const void *msg;
		size_t len;
		enum channel_status status =
			channel_reader_next(&r, stress_deadline(&s->random), &msg, &len);

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

int mixed_receives(void *side)
{
	struct mixed_side *s = side;

	if (s->way == RECEIVE_SET)
		mixed_receive_set(s);
	while (!s->closed && s->done < s->most) {
		if (s->way == RECEIVE_STREAM)
			mixed_receive_stream(s);
		else if (s->way == RECEIVE_COPY)
			mixed_again(s, mixed_receive_copy(s, stress_deadline(&s->random)));
		else
			mixed_again(s, mixed_receive_peek(s));
	}
	return 0;
}
