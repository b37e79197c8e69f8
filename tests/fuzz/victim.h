/* SPDX-License-Identifier: MIT */
/*
 * One end of a channel, used in all ways there are, while its peer (attacker.h) writes
 * whatever it likes into all that the two share. Where both get their choices
 * from, bytes or chance, is the caller's business.
 *
 * What is checked: that nothing given to the owner of the end leads out of the
 * ring; everything else a sanitizer sees. No step waits.
 */
#ifndef TESTS_FUZZ_VICTIM_H
#define TESTS_FUZZ_VICTIM_H

#include "ipc/call.h"
#include "ipc/channel_stream.h"
#include "ipc/mailbox.h"
#include "ipc/set.h"
#include "tests/unit/channel_pair.h"

/* Who uses an end in one way does not use it in another: see the headers. */
enum victim_kind {
	VICTIM_PLAIN,
	VICTIM_STREAM,
	VICTIM_MAILBOX,
	VICTIM_CLIENT,
	VICTIM_SERVER,
	VICTIM_SET,
	VICTIM_KINDS,
};

struct victim {
	struct channel_pair pair; /* the victim is a */
	enum victim_kind kind;
	struct channel_writer writer;
	struct channel_reader reader;
	struct call_client client;
	struct call call; /* in flight, if `calling` */
	bool calling;
	char reply[32];
	struct channel_set *set;
	uint64_t (*choose)(void *from); /* any number */
	void *from;
};

static inline size_t victim_choose(struct victim *v, size_t below)
{
	return (size_t)(v->choose(v->from) % below);
}

static inline void victim_open(struct victim *v)
{
	struct channel *ch = v->pair.a;

	v->calling = false;
	v->set = NULL;
	if (v->kind == VICTIM_STREAM) {
		v->writer = channel_writer_open(ch);
		v->reader = channel_reader_open(ch);
	} else if (v->kind == VICTIM_CLIENT) {
		call_client_init(&v->client, ch);
	} else if (v->kind == VICTIM_SET) {
		v->set = channel_set_new();
		if (!v->set || !channel_set_receive(v->set, ch, v) ||
		    !channel_set_send(v->set, ch, victim_choose(v, channel_max(ch) + 1), v))
			abort();
	}
}

static inline void victim_leave(struct victim *v)
{
	if (v->set)
		channel_set_free(v->set);
	v->set = NULL;
}

static inline void victim_begin(struct victim *v, uint64_t size, uint64_t start,
				enum victim_kind kind)
{
	channel_pair_init(&v->pair, size, start);
	v->kind = kind;
	victim_open(v);
}

/* Ended wherever it stands: buried, as the container does. */
static inline void victim_end(struct victim *v)
{
	victim_leave(v);
	endpoint_bury(v->pair.a, CHANNEL_PEER_DIED);
	channel_pair_free(&v->pair);
}

/* Dead, and in a new connection. */
static inline void victim_again(struct victim *v)
{
	victim_leave(v);
	endpoint_bury(v->pair.a, CHANNEL_PEER_DIED);
	endpoint_rouse(v->pair.a);
	endpoint_renew(v->pair.a);
	endpoint_join(v->pair.a);
	v->kind = (enum victim_kind)victim_choose(v, VICTIM_KINDS);
	victim_open(v);
}

/* Bytes given to the victim: they are inside, and it reads the first and the last. */
static inline void victim_given(const struct ring *ring, const void *at, size_t len)
{
	uintptr_t base = (uintptr_t)ring->memory, begin = (uintptr_t)at;
	static volatile unsigned char sink;

	if (begin < base || begin > base + ring->size || len > base + ring->size - begin)
		abort();
	if (len)
		sink = (unsigned char)(((const unsigned char *)at)[0] +
				       ((const unsigned char *)at)[len - 1]);
	(void)sink;
}

/* Room given to the victim: it fills all of it. */
static inline void victim_fill(const struct ring *ring, void *at, size_t len)
{
	victim_given(ring, at, len);
	memset(at, 0xaa, len);
}

static inline size_t victim_length(struct victim *v)
{
	size_t most = channel_max(v->pair.a);

	return victim_choose(v, 4) ? victim_choose(v, 100) % (most + 1)
				   : victim_choose(v, most + 10);
}

static inline void victim_send(struct victim *v)
{
	struct channel *ch = v->pair.a;
	size_t len = victim_length(v);
	void *room;

	if (channel_reserve(ch, len, CHANNEL_NOW, &room) != CHANNEL_OK)
		return;
	victim_fill(&v->pair.there, room, len);
	if (victim_choose(v, 3))
		channel_commit(ch, len - victim_choose(v, len + 1));
	else
		channel_commit_quiet(ch, len);
	if (victim_choose(v, 4) == 0)
		channel_flush(ch);
}

static inline void victim_receive(struct victim *v)
{
	struct channel *ch = v->pair.a;
	unsigned char buf[64];
	const void *msg;
	size_t len;

	if (victim_choose(v, 2)) {
		channel_recv(ch, buf, sizeof(buf), &len, CHANNEL_NOW);
		return;
	}
	if (channel_peek(ch, CHANNEL_NOW, &msg, &len) != CHANNEL_OK)
		return;
	victim_given(&v->pair.back, msg, len);
	if (victim_choose(v, 4))
		channel_release(ch);
}

static inline void victim_write(struct victim *v)
{
	size_t len = victim_length(v);
	void *room;

	if (channel_writer_room(&v->writer, len, CHANNEL_NOW, &room) != CHANNEL_OK)
		return;
	victim_fill(&v->pair.there, room, len);
	if (victim_choose(v, 2))
		channel_writer_commit(&v->writer, len);
	else
		channel_writer_add(&v->writer, len);
	if (victim_choose(v, 8) == 0)
		channel_writer_flush(&v->writer);
}

static inline void victim_read(struct victim *v)
{
	const void *msg;
	size_t len;

	if (channel_reader_next(&v->reader, CHANNEL_NOW, &msg, &len) != CHANNEL_OK)
		return;
	victim_given(&v->pair.back, msg, len);
	if (victim_choose(v, 8))
		channel_reader_done(&v->reader);
}

static inline void victim_stream(struct victim *v)
{
	switch (victim_choose(v, 20)) {
	case 0:
		channel_writer_close(&v->writer);
		v->writer = channel_writer_open(v->pair.a);
		break;
	case 1:
		channel_reader_close(&v->reader);
		v->reader = channel_reader_open(v->pair.a);
		break;
	case 2:
		channel_writer_flush(&v->writer);
		break;
	default:
		if (victim_choose(v, 2))
			victim_write(v);
		else
			victim_read(v);
	}
}

static inline void victim_mailbox(struct victim *v)
{
	struct channel *ch = v->pair.a;
	unsigned char bytes[MAILBOX_MAX] = {0};
	bool request = false;
	const void *msg;
	size_t len = 0;

	switch (victim_choose(v, 5)) {
	case 0:
		mailbox_start(ch, bytes, victim_choose(v, MAILBOX_MAX + 2), CHANNEL_NOW);
		break;
	case 1:
		if (mailbox_wait(ch, bytes, sizeof(bytes), &len, CHANNEL_NOW) == CHANNEL_OK &&
		    len > sizeof(bytes))
			abort();
		break;
	case 2:
		mailbox_drop(ch);
		break;
	case 3:
		mailbox_reply(ch, bytes, victim_choose(v, MAILBOX_MAX + 2));
		break;
	default:
		if (mailbox_receive(ch, CHANNEL_NOW, &request, &msg, &len) != CHANNEL_OK)
			break;
		if (request && len > MAILBOX_MAX)
			abort();
		if (!request) {
			victim_given(&v->pair.back, msg, len);
			channel_release(ch);
		}
	}
}

static inline void victim_call(struct victim *v)
{
	static const char request[100];
	const struct channel_part part = {request, victim_choose(v, sizeof(request))};

	if (!v->calling)
		v->calling = call_start(&v->client, &v->call, &part, 1, v->reply, sizeof(v->reply),
					CHANNEL_NOW) == CHANNEL_OK;
	else if (call_wait(&v->client, &v->call, CHANNEL_NOW) == CHANNEL_OK &&
		 v->call.length > sizeof(v->reply))
		abort();
	if (v->calling && victim_choose(v, 3) == 0) {
		call_drop(&v->client, &v->call);
		v->calling = false;
	}
}

static inline void victim_serve(struct victim *v)
{
	struct channel *ch = v->pair.a;
	const void *request;
	uint64_t id, taken;
	size_t len;

	if (call_receive(ch, CHANNEL_NOW, &id, &request, &len) != CHANNEL_OK)
		return;
	taken = ch->rx.serve.taken;
	if (!taken) {
		victim_given(&v->pair.back, request, len);
		channel_release(ch);
	} else if (ch->rx.held) {
		channel_release(ch);
	}
	if (victim_choose(v, 4))
		call_reply(ch, id, v->reply, victim_choose(v, sizeof(v->reply) + 1), CHANNEL_NOW);
}

static inline void victim_set(struct victim *v)
{
	void *tag;

	/* As if it had tried in vain for long: flags get names. */
	if (victim_choose(v, 4) == 0)
		victim_leave(v);
	if (!v->set)
		victim_open(v);
	if (channel_set_wait(v->set, victim_choose(v, 8) ? CHANNEL_NOW : 1, &tag) != CHANNEL_OK)
		return;
	if (victim_choose(v, 2))
		victim_receive(v);
	else
		victim_send(v);
}

/* The victim does something. */
static inline void victim_step(struct victim *v)
{
	size_t rare = victim_choose(v, 256);

	if (rare == 0 && v->kind != VICTIM_STREAM) {
		channel_finish(v->pair.a);
		return;
	}
	if (rare < 3 || channel_reason(v->pair.a) != CHANNEL_OPEN) {
		victim_again(v);
		return;
	}
	switch (v->kind) {
	case VICTIM_STREAM:
		victim_stream(v);
		break;
	case VICTIM_MAILBOX:
		victim_mailbox(v);
		break;
	case VICTIM_CLIENT:
		victim_call(v);
		break;
	case VICTIM_SERVER:
		victim_serve(v);
		break;
	case VICTIM_SET:
		victim_set(v);
		break;
	default:
		if (victim_choose(v, 2))
			victim_send(v);
		else
			victim_receive(v);
	}
}

#endif
