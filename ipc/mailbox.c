/* SPDX-License-Identifier: MIT */
/* Calls through one line: the caller. */
#include "ipc/mailbox.h"

#include <string.h>

#include "ipc/endpoint.h"

/* The word is none that gives the line back. */
static enum channel_status mailbox_lost(struct channel *ch, enum channel_reason reason)
{
	__atomic_store_n(&ch->tx.call.reason, reason, __ATOMIC_RELAXED);
	if (reason == CHANNEL_PROTOCOL)
		endpoint_abort(ch);
	return CHANNEL_CLOSED;
}

static uint32_t mailbox_closed(const struct ring_control *control)
{
	uint32_t caller = __atomic_load_n(&control->flag.caller, __ATOMIC_ACQUIRE);
	uint32_t receiver = __atomic_load_n(&control->flag.receiver, __ATOMIC_ACQUIRE);

	return caller & RING_CLOSED ? caller : receiver & RING_CLOSED ? receiver : 0;
}

/*
 * Whether the line has come back. C2 acquires what V2 released: the reply, and the
 * server's last reads of the request.
 */
static enum channel_status mailbox_back(struct endpoint_attempt *a)
{
	struct channel *ch = a->ch;
	struct ring_sender *s = &ch->tx;
	uint64_t word, before = s->call.word;
	uint32_t closed;

	if (ring_rare(ch->tx_waits) && !endpoint_join_tx(ch))
		return s->reason ? CHANNEL_CLOSED : CHANNEL_AGAIN;
	word = __atomic_load_n(&s->control->mailbox.word, __ATOMIC_ACQUIRE);
	if (word == before) {
		closed = mailbox_closed(s->control);
		if (ring_rare(s->reason || s->call.reason))
			return CHANNEL_CLOSED;
		if (!ring_rare(closed))
			return CHANNEL_AGAIN;
		/* What was answered before the end counts. */
		word = __atomic_load_n(&s->control->mailbox.word, __ATOMIC_ACQUIRE);
		if (word == before)
			return mailbox_lost(ch, ring_flag_reason(closed));
	}
	if (ring_rare(mailbox_number(word) != mailbox_number(before) ||
		      mailbox_kind(word) < MAILBOX_REPLY || mailbox_length(word) > MAILBOX_MAX))
		return mailbox_lost(ch, CHANNEL_PROTOCOL);
	s->call.answer = word;
	return CHANNEL_OK;
}

static enum channel_status mailbox_await(struct channel *ch, uint64_t deadline)
{
	struct endpoint_attempt a = {
		.ch = ch,
		.deadline = deadline,
		.parks = &ch->tx.parks,
		.patience = &ch->call_patience,
		.make = mailbox_back,
		.calls = true,
	};
	enum channel_status status = mailbox_back(&a);

	return status == CHANNEL_AGAIN && deadline != CHANNEL_NOW ? endpoint_wait(&a) : status;
}

/* C1, which V1 acquires: the request, released by its word. */
static enum channel_status mailbox_post(struct channel *ch, const void *request, size_t len)
{
	struct ring_sender *s = &ch->tx;
	struct mailbox_line *line = &s->control->mailbox;
	uint64_t number = mailbox_next(mailbox_number(s->call.word));
	uint32_t closed;

	if (ring_rare(s->withheld) && endpoint_flush(ch) != CHANNEL_OK)
		return CHANNEL_CLOSED;
	__atomic_store_n(&line->position, s->cursor, __ATOMIC_RELAXED);
	if (len)
		memcpy(line->bytes, request, len);
	s->call.word = mailbox_word(number, MAILBOX_REQUEST, len);
	__atomic_store_n(&line->word, s->call.word, __ATOMIC_RELEASE);
	s->call.dropped = false;
	if (ring_rare(bell_look(&s->control->flag.receiver) & BELL_PARKED))
		endpoint_wake(&s->control->flag.receiver, &s->bells);
	closed = mailbox_closed(s->control);
	return ring_rare(closed) ? mailbox_lost(ch, ring_flag_reason(closed)) : CHANNEL_OK;
}

enum channel_status mailbox_start(struct channel *ch, const void *request, size_t len,
				  uint64_t deadline)
{
	struct ring_sender *s = &ch->tx;
	enum channel_status status;

	if (ring_rare(len > MAILBOX_MAX))
		return CHANNEL_TOO_BIG;
	if (ring_rare(s->reason || s->call.reason))
		return endpoint_ended(ch, s->reason);
	if (ring_rare(s->call.calling || s->streamed))
		return CHANNEL_MISUSE;
	s->call.calling = true; /* to other tasks, while this one waits */
	status = mailbox_await(ch, deadline);
	if (status == CHANNEL_OK)
		status = mailbox_post(ch, request, len);
	s->call.calling = status == CHANNEL_OK;
	return status;
}

enum channel_status mailbox_wait(struct channel *ch, void *reply, size_t size, size_t *length,
				 uint64_t deadline)
{
	struct mailbox_caller *call = &ch->tx.call;
	enum channel_status status;

	if (ring_rare(!call->calling))
		return CHANNEL_MISUSE;
	status = mailbox_await(ch, deadline);
	if (status != CHANNEL_OK)
		return status;
	call->calling = false;
	*length = mailbox_length(call->answer);
	if (ring_rare(*length > size || mailbox_kind(call->answer) == MAILBOX_ELSEWHERE))
		return CHANNEL_TOO_BIG;
	if (*length)
		memcpy(reply, ch->tx.control->mailbox.bytes, *length);
	return CHANNEL_OK;
}

void mailbox_drop(struct channel *ch)
{
	ch->tx.call.dropped |= ch->tx.call.calling;
	ch->tx.call.calling = false;
}

enum channel_status mailbox_call(struct channel *ch, const void *request, size_t len, void *reply,
				 size_t size, size_t *length, uint64_t deadline)
{
	enum channel_status status = mailbox_start(ch, request, len, deadline);

	if (status != CHANNEL_OK)
		return status;
	status = mailbox_wait(ch, reply, size, length, deadline);
	if (ring_rare(status != CHANNEL_OK))
		mailbox_drop(ch);
	return status;
}
