/* SPDX-License-Identifier: MIT */
/*
 * The loops of a peer, made from its five calls, all inlined into each other: so
 * a peer that is a header is measured as its users would have it. The sides'
 * structs are copied to the stack meanwhile, where they may become registers.
 *
 * Before including this a file defines
 *
 *	struct sender, struct receiver, struct link {struct sender s; struct receiver r; ...}
 *	void *link_room(struct sender *, size_t len, bool block)        for one message
 *	void link_post(struct sender *, size_t len, bool block)         send it
 *	void link_flush(struct sender *)                                and all before
 *	const void *link_next(struct receiver *, size_t *len, bool block)
 *	void link_done(struct receiver *)                               with that message
 *
 * and behind it its open and close and one LOOPS_PEER for each peer.
 */
#ifndef TESTS_BENCH_CHANNELS_LOOPS_H
#define TESTS_BENCH_CHANNELS_LOOPS_H

#include <x86intrin.h>

#include "tests/bench/channels/pattern.h"

#define LOOPS_INLINE static inline __attribute__((always_inline))

/* Once for each length that is to be a constant; the others share one. */
#define LOOPS_BY_LENGTH(call, len)                                                                 \
	do {                                                                                       \
		if ((len) == 8)                                                                    \
			call(8);                                                                   \
		else if ((len) == 64)                                                              \
			call(64);                                                                  \
		else if ((len) == 256)                                                             \
			call(256);                                                                 \
		else                                                                               \
			call(len);                                                                 \
	} while (0)

LOOPS_INLINE void loops_wait(uint64_t ticks)
{
	uint64_t begun = __rdtsc();

	while (__rdtsc() - begun < ticks)
		_mm_pause();
}

LOOPS_INLINE void loops_put(struct sender *s, size_t len, uint64_t seq, bool block)
{
	pattern_fill(link_room(s, len, block), len, seq);
	link_post(s, len, block);
}

LOOPS_INLINE uint64_t loops_take(struct receiver *r, size_t len, uint64_t seq, bool block)
{
	size_t got = len;
	const void *msg = link_next(r, &got, block);
	uint64_t bad = got == len ? pattern_check(msg, len, seq) : 1;

	link_done(r);
	return bad;
}

LOOPS_INLINE void loops_send_all(struct link *l, struct load *load, size_t len)
{
	struct sender s = l->s;
	uint64_t end = load->first + load->count;

	for (uint64_t seq = load->first; seq < end; seq++)
		loops_put(&s, len, seq, load->block);
	link_flush(&s);
	l->s = s;
}

/* Seldom: the sender works or rests before each message and lets it go at once. */
LOOPS_INLINE void loops_send_some(struct link *l, struct load *load, size_t len)
{
	struct sender s = l->s;

	for (uint64_t i = 0; i < load->count; i++) {
		if (load->idle) {
			loops_wait(load->idle);
			load->samples[i] = __rdtsc();
		}
		pattern_work(load->work);
		loops_put(&s, len, load->first + i, load->block);
		link_flush(&s);
	}
	l->s = s;
}

static void loops_send(struct link *l, struct load *load)
{
	load->begun = __rdtsc();
#define LOOPS_CALL(len) loops_send_all(l, load, len)
#define LOOPS_CALL_SOME(len) loops_send_some(l, load, len)
	if (load->work || load->idle)
		LOOPS_BY_LENGTH(LOOPS_CALL_SOME, load->len);
	else
		LOOPS_BY_LENGTH(LOOPS_CALL, load->len);
#undef LOOPS_CALL
#undef LOOPS_CALL_SOME
	load->ended = __rdtsc();
}

LOOPS_INLINE void loops_receive_all(struct link *l, struct load *load, size_t len)
{
	struct receiver r = l->r;
	uint64_t bad = 0, end = load->first + load->count;

	for (uint64_t seq = load->first; seq < end; seq++)
		bad |= loops_take(&r, len, seq, load->block);
	load->bad |= bad;
	l->r = r;
}

LOOPS_INLINE void loops_receive_some(struct link *l, struct load *load, size_t len)
{
	struct receiver r = l->r;

	for (uint64_t i = 0; i < load->count; i++) {
		load->bad |= loops_take(&r, len, load->first + i, load->block);
		if (load->idle)
			load->samples[i] = __rdtsc() - load->samples[i];
	}
	l->r = r;
}

static void loops_receive(struct link *l, struct load *load)
{
#define LOOPS_CALL(len) loops_receive_all(l, load, len)
#define LOOPS_CALL_SOME(len) loops_receive_some(l, load, len)
	if (load->work || load->idle)
		LOOPS_BY_LENGTH(LOOPS_CALL_SOME, load->len);
	else
		LOOPS_BY_LENGTH(LOOPS_CALL, load->len);
#undef LOOPS_CALL
#undef LOOPS_CALL_SOME
	load->ended = __rdtsc();
}

LOOPS_INLINE void loops_ping_all(struct link *there, struct link *back, struct load *load,
				 size_t len)
{
	struct sender s = there->s;
	struct receiver r = back->r;

	for (uint64_t i = 0; i < load->count; i++) {
		uint64_t seq = load->first + i, begun;

		loops_wait(load->idle);
		begun = __rdtsc();
		loops_put(&s, len, seq, load->block);
		link_flush(&s);
		load->bad |= loops_take(&r, len, seq, load->block);
		load->samples[i] = __rdtsc() - begun;
	}
	there->s = s;
	back->r = r;
}

static void loops_ping(struct link *there, struct link *back, struct load *load)
{
#define LOOPS_CALL(len) loops_ping_all(there, back, load, len)
	LOOPS_BY_LENGTH(LOOPS_CALL, load->len);
#undef LOOPS_CALL
}

LOOPS_INLINE void loops_pong_all(struct link *there, struct link *back, struct load *load,
				 size_t len)
{
	struct receiver r = there->r;
	struct sender s = back->s;

	for (uint64_t i = 0; i < load->count; i++) {
		load->bad |= loops_take(&r, len, load->first + i, load->block);
		loops_put(&s, len, load->first + i, load->block);
		link_flush(&s);
	}
	there->r = r;
	back->s = s;
}

static void loops_pong(struct link *there, struct link *back, struct load *load)
{
#define LOOPS_CALL(len) loops_pong_all(there, back, load, len)
	LOOPS_BY_LENGTH(LOOPS_CALL, load->len);
#undef LOOPS_CALL
}

#define LOOPS_PEER(text, abilities, opened, closed)                                                \
	{                                                                                          \
		.name = text, .can = abilities, .most = 0, .open = opened, .close = closed,        \
		.send = loops_send, .receive = loops_receive, .ping = loops_ping,                  \
		.pong = loops_pong,                                                                \
	}

#endif
