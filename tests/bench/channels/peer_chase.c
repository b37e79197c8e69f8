/* SPDX-License-Identifier: MIT */
/*
 * A reader chasing a writer over memory: no lengths, no headers, no calls. The
 * last word of a message tells that it is there; room comes back in eighths.
 */
#include <x86intrin.h>

#include "tests/bench/channels/pattern.h"

#define CHASE_SHARE 8
#define CHASE_LINE 64
#define CHASE_PAUSES 100

struct link {
	unsigned char *memory;
	uint64_t bytes;
	uint64_t written, read; /* by bytes; the writer's and the reader's own */
	uint64_t *freed;        /* shared */
};

/* All words of a line but the last. */
static inline __attribute__((always_inline)) void chase_begin_line(uint64_t *to, uint64_t seq,
								   size_t i)
{
	typedef uint64_t half __attribute__((vector_size(32), aligned(8), may_alias));
	typedef uint64_t quarter __attribute__((vector_size(16), aligned(8), may_alias));

	*(half *)(void *)to = pattern_word(seq, i) + (half){0, 1, 2, 3};
	*(quarter *)(void *)(to + 4) = pattern_word(seq, i + 4) + (quarter){0, 1};
	to[6] = pattern_word(seq, i + 6);
}

static inline __attribute__((always_inline)) void chase_put(unsigned char *to, size_t len,
							    uint64_t seq)
{
	uint64_t *last = (void *)(to + len - 8), *words = (void *)to;
	size_t before = len >= CHASE_LINE ? len - CHASE_LINE : 0;

	pattern_fill(to, before, seq);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (len >= CHASE_LINE)
		chase_begin_line(words + before / 8, seq, before / 8);
	else
		for (size_t i = 0; i < len / 8 - 1; i++)
			words[i] = pattern_word(seq, i);
	/* P1 of the whole message. */
	__atomic_store_n(last, pattern_word(seq, len / 8 - 1), __ATOMIC_RELEASE);
}

static inline __attribute__((always_inline)) void chase_write(struct link *l, struct load *load,
							      size_t len)
{
	unsigned char *memory = l->memory;
	uint64_t mask = l->bytes - 1, at = l->written, end = load->first + load->count;
	uint64_t limit = __atomic_load_n(l->freed, __ATOMIC_ACQUIRE) + l->bytes;

	for (uint64_t seq = load->first; seq < end; seq++, at += len) {
		while (at + len > limit) {
			_mm_pause();
			limit = __atomic_load_n(l->freed, __ATOMIC_ACQUIRE) + l->bytes;
		}
		chase_put(memory + (at & mask), len, seq);
	}
	l->written = at;
}

/* Else the reader would fight the writer for every line, and neither would be fast. */
static void chase_stay_away(void)
{
	for (unsigned i = 0; i < CHASE_PAUSES; i++)
		_mm_pause();
}

static inline __attribute__((always_inline)) void chase_read(struct link *l, struct load *load,
							     size_t len)
{
	const unsigned char *memory = l->memory;
	uint64_t mask = l->bytes - 1, share = l->bytes / CHASE_SHARE - 1, at = l->read;
	uint64_t end = load->first + load->count;
	struct pattern_bad bad = {{0}, 0};

	for (uint64_t seq = load->first; seq < end; seq++) {
		const unsigned char *msg = memory + (at & mask);
		const uint64_t *last = (const void *)(msg + len - 8);

		/* P2 of the whole message. */
		while (__atomic_load_n(last, __ATOMIC_ACQUIRE) != pattern_word(seq, len / 8 - 1))
			chase_stay_away();
		pattern_look(&bad, msg, len, seq);
		at += len;
		if ((at & share) == 0)
			__atomic_store_n(l->freed, at, __ATOMIC_RELEASE);
	}
	__atomic_store_n(l->freed, at, __ATOMIC_RELEASE);
	load->bad |= pattern_result(&bad);
	l->read = at;
}

static void chase_send(struct link *l, struct load *load)
{
	load->begun = __rdtsc();
	if (load->len == 8)
		chase_write(l, load, 8);
	else if (load->len == 64)
		chase_write(l, load, 64);
	else if (load->len == 256)
		chase_write(l, load, 256);
	else
		chase_write(l, load, load->len);
	load->ended = __rdtsc();
}

static void chase_receive(struct link *l, struct load *load)
{
	if (load->len == 8)
		chase_read(l, load, 8);
	else if (load->len == 64)
		chase_read(l, load, 64);
	else if (load->len == 256)
		chase_read(l, load, 256);
	else
		chase_read(l, load, load->len);
	load->ended = __rdtsc();
}

static struct link *chase_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	l->bytes = peer_ring_bytes(len);
	l->memory = peer_memory(l->bytes);
	l->freed = peer_memory(sizeof(*l->freed));
	return l;
}

static void chase_unlink(struct link *l)
{
	peer_memory_free(l->freed, sizeof(*l->freed));
	peer_memory_free(l->memory, l->bytes);
	peer_memory_free(l, sizeof(*l));
}

extern const struct peer peer_chase;
const struct peer peer_chase = {
	.name = "limit: chase",
	.can = PEER_STREAM | PEER_BATCH | PEER_LIMIT,
	.open = chase_link,
	.close = chase_unlink,
	.send = chase_send,
	.receive = chase_receive,
};
