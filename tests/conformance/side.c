/* SPDX-License-Identifier: MIT */
/* What the parts of all sentences use. */
#include "tests/conformance/conformance.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/conformance/harness.h"
#include "tests/conformance/side.h"

#define PATIENCE (20000 * MS)
#define FILL_MOST 1000000 /* messages: a channel that takes more is not bounded */

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

_Noreturn void side_fail(struct side *s, const char *file, int line, const char *format, ...)
{
	char what[SIDE_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(s->why, sizeof(s->why), "%s:%d: %.120s", file_name(file), line, what);
	longjmp(s->out, 1);
}

void side_status(struct side *s, const char *file, int line, const char *call,
		 enum channel_status got, enum channel_status wanted)
{
	if (got != wanted)
		side_fail(s, file, line, "%s: got \"%s\", expected \"%s\"", call,
			  channel_status_text(got), channel_status_text(wanted));
}

uint64_t side_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

uint64_t side_in(uint64_t ns)
{
	return side_now() + ns;
}

uint64_t side_patience(void)
{
	return side_in(PATIENCE);
}

void side_sleep(struct side *s, uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / (1000 * MS)),
			     .tv_nsec = (long)(ns % (1000 * MS))};

	if (s->harness->one_thread)
		task_sleep(side_in(ns));
	else
		nanosleep(&t, NULL);
}

static uint32_t next(uint32_t x)
{
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

unsigned side_random(struct side *s, unsigned n)
{
	s->random = next(s->random);
	return s->random % n;
}

void side_pause(struct side *s, uint64_t ns)
{
	if (side_random(s, 4) == 0)
		side_sleep(s, side_random(s, (unsigned)ns));
}

void side_dawdle(struct side *s)
{
	if (side_random(s, 16) == 0)
		side_sleep(s, side_random(s, 1000) * US);
	else
		side_pause(s, 80 * US);
}

struct channel_stats side_stats(struct side *s)
{
	struct channel_stats now;

	channel_stats(s->ch, &now);
	now.sent -= s->before.sent;
	now.sent_bytes -= s->before.sent_bytes;
	now.received -= s->before.received;
	now.received_bytes -= s->before.received_bytes;
	now.parks -= s->before.parks;
	now.bells -= s->before.bells;
	return now;
}

struct side_job *side_spawn(struct side *s, unsigned i, int (*run)(void *job))
{
	struct side_job *job = &s->jobs[i];

	job->side = s;
	job->task = task_spawn(run, job, 0);
	CHECK(s, job->task);
	return job;
}

int side_join(struct side *s, struct side_job *job)
{
	int result = -1;

	GIVES(s, CHANNEL_OK, task_join(job->task, side_patience(), &result));
	return result;
}

/* For messages of up to max bytes. */
void side_pattern(struct side *s, size_t max)
{
	size_t bytes = (max + SIDE_OFFSETS + 3) / 4 * 4;
	uint32_t x = 1;

	if (bytes <= s->pattern_bytes)
		return;
	free(s->pattern);
	s->pattern = malloc(bytes);
	CHECK(s, s->pattern);
	s->pattern_bytes = bytes;
	for (size_t i = 0; i < bytes; i += 4) {
		x = next(x);
		memcpy(s->pattern + i, &x, 4);
	}
}

const unsigned char *side_message(const struct side *s, unsigned n, size_t len)
{
	return s->pattern + (n * 7 + len) % SIDE_OFFSETS;
}

static uint32_t hash(uint32_t n)
{
	n *= UINT32_C(2654435761);
	return n ^ n >> 15;
}

size_t side_length(const struct side *s, unsigned n)
{
	size_t max = channel_max(s->ch);
	uint32_t h = hash(n), more = hash(h + 1);

	if (n < 80)
		return n;
	switch (h % 8) {
	case 0:
		return max - more % 10;
	case 1:
		return more % (max + 1);
	default:
		return more % 128;
	}
}

void side_send(struct side *s, struct channel *ch, unsigned n)
{
	side_send_length(s, ch, n, side_length(s, n));
}

static void send_in_place(struct side *s, struct channel *ch, const void *msg, size_t len)
{
	size_t spare = side_random(s, 2) ? (channel_max(ch) - len) / 2 : 0;
	void *room = NULL;

	GIVES(s, CHANNEL_OK, channel_reserve(ch, len + spare, CHANNEL_FOREVER, &room));
	memset(room, 0xff, len + spare);
	memcpy(room, msg, len);
	GIVES(s, CHANNEL_OK, channel_commit(ch, len));
}

static void send_in_parts(struct side *s, struct channel *ch, const unsigned char *msg, size_t len)
{
	size_t cut = side_random(s, (unsigned)len + 1);
	struct channel_part parts[] = {{NULL, 0}, {msg, cut}, {msg + cut, len - cut}};

	GIVES(s, CHANNEL_OK, channel_sendv(ch, parts, 3, CHANNEL_FOREVER));
}

void side_send_length(struct side *s, struct channel *ch, unsigned n, size_t len)
{
	const unsigned char *msg = side_message(s, n, len);

	switch (side_random(s, 3)) {
	case 0:
		send_in_place(s, ch, msg, len);
		break;
	case 1:
		send_in_parts(s, ch, msg, len);
		break;
	default:
		GIVES(s, CHANNEL_OK, channel_send(ch, msg, len, CHANNEL_FOREVER));
	}
}

void side_compare(struct side *s, unsigned n, size_t wanted, const void *msg, size_t len)
{
	if (len != wanted)
		side_fail(s, __FILE__, __LINE__, "message %u: got %zu bytes, expected %zu", n, len,
			  wanted);
	if (memcmp(msg, side_message(s, n, len), len) != 0)
		side_fail(s, __FILE__, __LINE__, "message %u, of %zu bytes, is another one", n,
			  len);
}

void side_recv(struct side *s, struct channel *ch, unsigned n)
{
	side_recv_length(s, ch, n, side_length(s, n));
}

static void recv_copy(struct side *s, struct channel *ch, unsigned n, size_t wanted)
{
	unsigned char *copy = malloc(wanted + 1);
	size_t len = 0;

	CHECK(s, copy);
	copy[wanted] = 0xa5;
	GIVES(s, CHANNEL_OK, channel_recv(ch, copy, wanted, &len, CHANNEL_FOREVER));
	side_compare(s, n, wanted, copy, len);
	CHECK(s, copy[wanted] == 0xa5);
	free(copy);
}

void side_recv_length(struct side *s, struct channel *ch, unsigned n, size_t len)
{
	const void *msg = NULL;
	size_t got = 0;

	if (side_random(s, 2)) {
		recv_copy(s, ch, n, len);
		return;
	}
	GIVES(s, CHANNEL_OK, channel_peek(ch, CHANNEL_FOREVER, &msg, &got));
	side_compare(s, n, len, msg, got);
	GIVES(s, CHANNEL_OK, channel_release(ch));
}

enum channel_status side_look(struct channel *ch, uint64_t deadline)
{
	unsigned char byte;
	size_t len;

	return channel_recv(ch, &byte, 0, &len, deadline);
}

unsigned side_fill(struct side *s, struct channel *ch, size_t len)
{
	enum channel_status status = CHANNEL_OK;
	unsigned n;

	for (n = 0; status == CHANNEL_OK; n++) {
		status = channel_send(ch, side_message(s, n, len), len, CHANNEL_NOW);
		CHECK(s, n < FILL_MOST);
	}
	GIVES(s, CHANNEL_AGAIN, status);
	CHECK(s, n > 1);
	return n - 1;
}

void side_closed(struct side *s, struct channel *ch, enum channel_reason reason)
{
	GIVES(s, CHANNEL_CLOSED, side_look(ch, side_patience()));
	if (channel_reason(ch) != reason)
		side_fail(s, __FILE__, __LINE__, "closed: got \"%s\", expected \"%s\"",
			  channel_reason_text(channel_reason(ch)), channel_reason_text(reason));
	GIVES(s, CHANNEL_CLOSED, side_look(ch, CHANNEL_NOW));
	GIVES(s, CHANNEL_CLOSED, side_look(ch, CHANNEL_FOREVER));
}
