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

/*
 * A loop, LOOP(links, load, len, block), as a function of its own for each length that is to
 * be a constant and one for all others, and LOOP_run, which finds the one of a load.
 */
#define LOOPS_ONE(loop, name, len)                                                                 \
	static __attribute__((noinline)) void loop##_##name(const struct loops_links *l,           \
							    struct load *load)                     \
	{                                                                                          \
		loop(l, load, len, load->block);                                                   \
	}

#define LOOPS_BY_LENGTH(loop)                                                                      \
	LOOPS_ONE(loop, 8, 8)                                                                      \
	LOOPS_ONE(loop, 64, 64)                                                                    \
	LOOPS_ONE(loop, 256, 256)                                                                  \
	LOOPS_ONE(loop, any, load->len)                                                            \
	static void loop##_run(const struct loops_links *l, struct load *load)                     \
	{                                                                                          \
		if (load->len == 8)                                                                \
			loop##_8(l, load);                                                         \
		else if (load->len == 64)                                                          \
			loop##_64(l, load);                                                        \
		else if (load->len == 256)                                                         \
			loop##_256(l, load);                                                       \
		else                                                                               \
			loop##_any(l, load);                                                       \
	}

struct loops_links {
	struct link *there, *back;
};

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

LOOPS_INLINE void loops_take(struct receiver *r, struct pattern_bad *bad, size_t len, uint64_t seq,
			     bool block)
{
	size_t got = len;
	const void *msg = link_next(r, &got, block);

	pattern_look(bad, msg, len, seq);
	bad->words |= got ^ len;
	link_done(r);
}

LOOPS_INLINE void loops_send_all(const struct loops_links *l, struct load *load, size_t len,
				 bool block)
{
	struct sender s = l->there->s;
	uint64_t end = load->first + load->count;

	for (uint64_t seq = load->first; seq < end; seq++)
		loops_put(&s, len, seq, block);
	link_flush(&s);
	l->there->s = s;
}

/* Seldom: the sender rests before each message and lets it go at once. */
LOOPS_INLINE void loops_send_some(const struct loops_links *l, struct load *load, size_t len,
				  bool block)
{
	struct sender s = l->there->s;

	for (uint64_t i = 0; i < load->count; i++) {
		loops_wait(load->idle);
		load->samples[i] = __rdtsc();
		loops_put(&s, len, load->first + i, block);
		link_flush(&s);
	}
	l->there->s = s;
}

/*
 * Sparse: the sender works before each message. The same work without messages is timed by
 * turns with it, a few microseconds each, lest the clock's speed be taken for their cost.
 */
LOOPS_INLINE void loops_send_sparse(const struct loops_links *l, struct load *load, size_t len,
				    bool block)
{
	struct sender s = l->there->s;
	uint64_t *sample = load->samples, seq = load->first, end = seq + load->count;

	while (seq < end) {
		uint64_t begun = __rdtsc(), between;

		for (unsigned i = 0; i < PEER_TURN; i++)
			pattern_work(load->work);
		between = __rdtsc();
		for (unsigned i = 0; i < PEER_TURN; i++) {
			pattern_work(load->work);
			loops_put(&s, len, seq++, block);
			link_flush(&s);
		}
		*sample++ = __rdtsc() - between - (between - begun);
	}
	l->there->s = s;
}

LOOPS_INLINE void loops_receive_all(const struct loops_links *l, struct load *load, size_t len,
				    bool block)
{
	struct receiver r = l->there->r;
	struct pattern_bad bad = {{0}, 0};
	uint64_t end = load->first + load->count;

	for (uint64_t seq = load->first; seq < end; seq++)
		loops_take(&r, &bad, len, seq, block);
	load->bad |= pattern_result(&bad);
	l->there->r = r;
}

LOOPS_INLINE void loops_receive_some(const struct loops_links *l, struct load *load, size_t len,
				     bool block)
{
	struct receiver r = l->there->r;
	struct pattern_bad bad = {{0}, 0};

	for (uint64_t i = 0; i < load->count; i++) {
		loops_take(&r, &bad, len, load->first + i, block);
		if (load->idle)
			load->samples[i] = __rdtsc() - load->samples[i];
	}
	load->bad |= pattern_result(&bad);
	l->there->r = r;
}

LOOPS_INLINE void loops_ping_all(const struct loops_links *l, struct load *load, size_t len,
				 bool block)
{
	struct sender s = l->there->s;
	struct receiver r = l->back->r;
	struct pattern_bad bad = {{0}, 0};

	for (uint64_t i = 0; i < load->count; i++) {
		uint64_t seq = load->first + i, begun;

		loops_wait(load->idle);
		begun = __rdtsc();
		loops_put(&s, len, seq, block);
		link_flush(&s);
		loops_take(&r, &bad, len, seq, block);
		load->samples[i] = __rdtsc() - begun;
	}
	load->bad |= pattern_result(&bad);
	l->there->s = s;
	l->back->r = r;
}

LOOPS_INLINE void loops_pong_all(const struct loops_links *l, struct load *load, size_t len,
				 bool block)
{
	struct receiver r = l->there->r;
	struct sender s = l->back->s;
	struct pattern_bad bad = {{0}, 0};

	for (uint64_t i = 0; i < load->count; i++) {
		loops_take(&r, &bad, len, load->first + i, block);
		loops_put(&s, len, load->first + i, block);
		link_flush(&s);
	}
	load->bad |= pattern_result(&bad);
	l->there->r = r;
	l->back->s = s;
}

LOOPS_BY_LENGTH(loops_send_all)
LOOPS_BY_LENGTH(loops_send_some)
LOOPS_BY_LENGTH(loops_send_sparse)
LOOPS_BY_LENGTH(loops_receive_all)
LOOPS_BY_LENGTH(loops_receive_some)
LOOPS_BY_LENGTH(loops_ping_all)
LOOPS_BY_LENGTH(loops_pong_all)

static void loops_send(struct link *l, struct load *load)
{
	const struct loops_links links = {l, NULL};

	load->begun = __rdtsc();
	if (load->work)
		loops_send_sparse_run(&links, load);
	else if (load->idle)
		loops_send_some_run(&links, load);
	else
		loops_send_all_run(&links, load);
	load->ended = __rdtsc();
}

static void loops_receive(struct link *l, struct load *load)
{
	const struct loops_links links = {l, NULL};

	if (load->work || load->idle)
		loops_receive_some_run(&links, load);
	else
		loops_receive_all_run(&links, load);
	load->ended = __rdtsc();
}

static void loops_ping(struct link *there, struct link *back, struct load *load)
{
	const struct loops_links links = {there, back};

	loops_ping_all_run(&links, load);
}

static void loops_pong(struct link *there, struct link *back, struct load *load)
{
	const struct loops_links links = {there, back};

	loops_pong_all_run(&links, load);
}

#define LOOPS_PEER(text, abilities, opened, closed)                                                \
	{                                                                                          \
		.name = text, .can = abilities, .most = 0, .open = opened, .close = closed,        \
		.send = loops_send, .receive = loops_receive, .ping = loops_ping,                  \
		.pong = loops_pong,                                                                \
	}

#endif
