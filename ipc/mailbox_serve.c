/* SPDX-License-Identifier: MIT */
/* Calls through one line: the server. */
#include "ipc/mailbox.h"

#include "ipc/endpoint.h"

enum mailbox_news {
	MAILBOX_NONE,
	MAILBOX_DUE,
	MAILBOX_AHEAD, /* of messages that were sent before it */
	MAILBOX_BROKEN,
};

/* V1: acquires what C1 released. */
static inline enum mailbox_news mailbox_news(struct ring_receiver *r)
{
	const struct mailbox_line *line = &r->control->mailbox;
	uint64_t word = __atomic_load_n(&line->word, __ATOMIC_ACQUIRE);
	uint64_t number = mailbox_number(word), before = r->serve.number, position;

	if (number == before)
		return MAILBOX_NONE;
	ring_ask(line); /* for the reply */
	if (ring_rare(number != mailbox_next(before) || mailbox_kind(word) != MAILBOX_REQUEST ||
		      mailbox_length(word) > MAILBOX_MAX))
		return MAILBOX_BROKEN;
	r->serve.word = word;
	/* The cursor may have passed it over a pad, but over no message. */
	position = __atomic_load_n(&line->position, __ATOMIC_RELAXED);
	return r->cursor - position <= INT64_MAX ? MAILBOX_DUE : MAILBOX_AHEAD;
}

/* The first look: calls may come. T1 of bell.h for a caller that waits for it. */
static void mailbox_open(struct channel *ch)
{
	struct ring_control *control = ch->rx.control;

	ch->rx.serve.opened = true;
	__atomic_store_n(&control->mailbox.word, mailbox_word(0, MAILBOX_REPLY, 0),
			 __ATOMIC_RELEASE);
	if (bell_look(&control->flag.caller) & BELL_PARKED)
		endpoint_wake(&control->flag.caller, &ch->rx.bells);
}

static inline enum channel_status mailbox_found(struct ring_receiver *r, const void **msg,
						size_t *len)
{
	r->held = 0; /* a message behind it, perhaps: it will be peeked again */
	r->serve.due = true;
	*msg = r->control->mailbox.words;
	*len = mailbox_length(r->serve.word);
	return CHANNEL_OK;
}

static enum channel_status mailbox_broken(struct channel *ch)
{
	ring_refuse(&ch->rx, CHANNEL_PROTOCOL);
	return endpoint_ended(ch, CHANNEL_PROTOCOL);
}

/* With what the ring has said a moment ago, and may say otherwise by now. */
static enum channel_status mailbox_beside(struct endpoint_attempt *a, enum channel_status status)
{
	switch (mailbox_news(&a->ch->rx)) {
	case MAILBOX_NONE:
		return status;
	case MAILBOX_DUE:
		return mailbox_found(&a->ch->rx, a->msg, a->msg_len);
	case MAILBOX_AHEAD:
		/* The word was stored behind those messages, so now they are there. */
		if (status == CHANNEL_AGAIN)
			status = endpoint_peek(a->ch, a->msg, a->msg_len);
		if (status != CHANNEL_AGAIN)
			return status;
		break;
	case MAILBOX_BROKEN:
		break;
	}
	return mailbox_broken(a->ch);
}

static enum channel_status mailbox_look(struct endpoint_attempt *a)
{
	struct channel *ch = a->ch;
	struct ring_receiver *r = &ch->rx;
	enum channel_reason before = r->reason;
	enum channel_status status;

	if (!before && mailbox_news(r) == MAILBOX_DUE)
		return mailbox_found(r, a->msg, a->msg_len);
	r->serve.due = false;
	status = endpoint_peek(ch, a->msg, a->msg_len);
	if (ring_rare(before || r->reason == CHANNEL_PROTOCOL || ch->rx_waits))
		return status;
	if (ring_rare(!r->serve.opened))
		mailbox_open(ch);
	return mailbox_beside(a, status);
}

static __attribute__((noinline)) enum channel_status
mailbox_await(struct channel *ch, uint64_t deadline, const void **msg, size_t *len)
{
	struct endpoint_attempt a = {
		.ch = ch,
		.deadline = deadline,
		.parks = &ch->rx.parks,
		.patience = &ch->rx_patience,
		.msg = msg,
		.msg_len = len,
		.make = mailbox_look,
	};
	enum channel_status status = mailbox_look(&a);

	return status == CHANNEL_AGAIN && deadline != CHANNEL_NOW ? endpoint_wait(&a) : status;
}

/* The next polls see nothing but the request's word and that of the next message. */
static inline void mailbox_spin(const struct ring_receiver *r)
{
	const uint64_t *request = &r->control->mailbox.word;
	const uint64_t *message = ring_word(r->memory, r->size, r->cursor);

	for (unsigned i = 0; i < MAILBOX_SPINS; i++) {
		if (mailbox_number(__atomic_load_n(request, __ATOMIC_RELAXED)) != r->serve.number ||
		    __atomic_load_n(message, __ATOMIC_RELAXED))
			break;
		bell_pause();
		if (i >= MAILBOX_GLANCES)
			ring_ask(request);
	}
}

static inline enum channel_status mailbox_seek(struct channel *ch, uint64_t deadline, bool *request,
					       const void **msg, size_t *len)
{
	struct ring_receiver *r = &ch->rx;
	enum channel_status status;

	ch->serves = mailbox_look;
	if (deadline != CHANNEL_NOW && !endpoint_wait_as_task && !ring_rare(ch->beside))
		mailbox_spin(r);
	if (!ring_rare(r->reason) && mailbox_news(r) == MAILBOX_DUE)
		status = mailbox_found(r, msg, len);
	else
		status = mailbox_await(ch, deadline, msg, len);
	*request = status == CHANNEL_OK && r->serve.due;
	return status;
}

static inline void mailbox_hold(struct mailbox_server *serve)
{
	serve->number = mailbox_number(serve->word);
	__atomic_store_n(&serve->taken, serve->word, __ATOMIC_RELAXED);
}

enum channel_status mailbox_receive(struct channel *ch, uint64_t deadline, bool *request,
				    const void **msg, size_t *len)
{
	enum channel_status status = mailbox_seek(ch, deadline, request, msg, len);

	if (*request)
		mailbox_hold(&ch->rx.serve);
	return status;
}

enum channel_status mailbox_peek(struct channel *ch, uint64_t deadline, bool *request,
				 const void **msg, size_t *len)
{
	return mailbox_seek(ch, deadline, request, msg, len);
}

void mailbox_take(struct channel *ch)
{
	mailbox_hold(&ch->rx.serve);
}

enum channel_status mailbox_answer(struct channel *ch, enum mailbox_kind kind, const void *reply,
				   size_t len)
{
	struct mailbox_server *serve = &ch->rx.serve;
	struct ring_control *control = ch->rx_ring.control;
	uint64_t taken = __atomic_load_n(&serve->taken, __ATOMIC_RELAXED);
	enum channel_reason reason = __atomic_load_n(&ch->tx.reason, __ATOMIC_RELAXED);

	if (ring_rare(!taken))
		return CHANNEL_MISUSE;
	if (ring_rare(len > MAILBOX_MAX))
		return CHANNEL_TOO_BIG;
	if (ring_rare(reason))
		return endpoint_ended(ch, reason);
	mailbox_write(&control->mailbox, reply, len);
	/* Before V2: the next request may be taken at once, on another thread. */
	__atomic_store_n(&serve->taken, 0, __ATOMIC_RELAXED);
	/* V2 */
	__atomic_store_n(&control->mailbox.word, mailbox_word(mailbox_number(taken), kind, len),
			 __ATOMIC_RELEASE);
	if (ring_rare(bell_look(&control->flag.caller) & BELL_PARKED))
		endpoint_wake(&control->flag.caller, &ch->rx.answer_bells);
	return CHANNEL_OK;
}

enum channel_status mailbox_reply(struct channel *ch, const void *reply, size_t len)
{
	return mailbox_answer(ch, MAILBOX_REPLY, reply, len);
}
