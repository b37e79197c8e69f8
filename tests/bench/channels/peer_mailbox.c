/* SPDX-License-Identifier: MIT */
/* Our calls: bare, through the mailbox, and by call.h, which shares it with messages. */
#include <x86intrin.h>

#include "ipc/call.h"
#include "ipc/mailbox.h"
#include "tests/bench/channels/channel_ends.h"
#include "tests/bench/channels/pattern.h"

struct link {
	struct channel_ends ends;
	struct call_client client;
};

#define MAILBOX_WORDS 8 /* a line, which is what messages are filled and read by */
#define MAILBOX_INLINE static inline __attribute__((always_inline))

MAILBOX_INLINE uint64_t mailbox_make(struct link *l, size_t len, uint64_t seq)
{
	uint64_t request[MAILBOX_WORDS], reply[MAILBOX_WORDS];
	size_t got = 0;

	pattern_fill(request, len, seq);
	if (mailbox_call(l->ends.end[0], request, len, reply, sizeof(reply), &got,
			 CHANNEL_FOREVER) != CHANNEL_OK ||
	    got != len)
		return 1;
	return pattern_check(reply, len, seq);
}

MAILBOX_INLINE uint64_t mailbox_serve(struct link *l, size_t len, uint64_t seq)
{
	uint64_t reply[MAILBOX_WORDS], bad;
	const void *msg;
	bool request;
	size_t got;

	if (mailbox_receive(l->ends.end[1], CHANNEL_FOREVER, &request, &msg, &got) != CHANNEL_OK ||
	    !request || got != len)
		return 1;
	bad = pattern_check(msg, len, seq);
	pattern_fill(reply, len, seq);
	return bad | (mailbox_reply(l->ends.end[1], reply, len) != CHANNEL_OK);
}

MAILBOX_INLINE uint64_t call_make_one(struct link *l, size_t len, uint64_t seq)
{
	uint64_t request[MAILBOX_WORDS], reply[MAILBOX_WORDS];
	size_t got = 0;

	pattern_fill(request, len, seq);
	if (call_make(&l->client, request, len, reply, sizeof(reply), &got, CHANNEL_FOREVER) !=
		    CHANNEL_OK ||
	    got != len)
		return 1;
	return pattern_check(reply, len, seq);
}

MAILBOX_INLINE uint64_t call_serve_one(struct link *l, size_t len, uint64_t seq)
{
	uint64_t reply[MAILBOX_WORDS], bad, id;
	const void *msg;
	size_t got;

	if (call_receive(l->ends.end[1], CHANNEL_FOREVER, &id, &msg, &got) != CHANNEL_OK ||
	    got != len)
		return 1;
	bad = pattern_check(msg, len, seq);
	channel_release(l->ends.end[1]);
	pattern_fill(reply, len, seq);
	return bad | (call_reply(l->ends.end[1], id, reply, len, CHANNEL_FOREVER) != CHANNEL_OK);
}

#define MAILBOX_PING(name, make)                                                                   \
	static void name(struct link *there, struct link *back, struct load *load)                 \
	{                                                                                          \
		(void)back;                                                                        \
		for (uint64_t i = 0; i < load->count; i++) {                                       \
			uint64_t begun = __rdtsc(), seq = load->first + i;                         \
                                                                                                   \
			load->bad |= load->len == 8 ? make(there, 8, seq)                          \
						    : make(there, load->len, seq);                 \
			load->samples[i] = __rdtsc() - begun;                                      \
		}                                                                                  \
	}

#define MAILBOX_PONG(name, serve)                                                                  \
	static void name(struct link *there, struct link *back, struct load *load)                 \
	{                                                                                          \
		(void)back;                                                                        \
		for (uint64_t i = 0; i < load->count; i++) {                                       \
			uint64_t seq = load->first + i;                                            \
                                                                                                   \
			load->bad |= load->len == 8 ? serve(there, 8, seq)                         \
						    : serve(there, load->len, seq);                \
		}                                                                                  \
	}

MAILBOX_PING(mailbox_ping, mailbox_make)
MAILBOX_PONG(mailbox_pong, mailbox_serve)
MAILBOX_PING(call_ping, call_make_one)
MAILBOX_PONG(call_pong, call_serve_one)

static struct link *mailbox_link(size_t len)
{
	struct link *l = peer_memory(sizeof(*l));

	(void)len;
	l->ends = channel_ends_open(RING_MIN_BYTES);
	call_client_init(&l->client, l->ends.end[0]);
	return l;
}

static void mailbox_unlink(struct link *l)
{
	channel_ends_close(&l->ends);
	peer_memory_free(l, sizeof(*l));
}

#define MAILBOX_PEER(text, one, other)                                                             \
	{                                                                                          \
		.name = text, .can = PEER_CALL, .most = MAILBOX_MAX, .open = mailbox_link,         \
		.close = mailbox_unlink, .ping = one, .pong = other,                               \
	}

extern const struct peer peer_mailbox, peer_call;
const struct peer peer_mailbox = MAILBOX_PEER("Atoll mailbox", mailbox_ping, mailbox_pong);
const struct peer peer_call = MAILBOX_PEER("Atoll call", call_ping, call_pong);
