/* SPDX-License-Identifier: MIT */
/* Calls through one line: the caller. */
#include "ipc/mailbox.h"

#include "ipc/endpoint.h"

/* There will be no reply any more. */
static enum channel_status mailbox_lost(struct channel *ch, enum channel_reason reason)
{
	__atomic_store_n(&ch->tx.call.reason, reason, __ATOMIC_RELAXED);
	return endpoint_ended(ch, reason);
}

/* The caller was told so before. */
static inline bool mailbox_is_over(const struct ring_sender *s)
{
	return s->reason || s->call.reason;
}

/* An end that only sends no more may still be answered. */
static bool mailbox_is_given_up(const struct channel *ch)
{
	bool closed = ch->tx.reason && __atomic_load_n(&ch->rx.reason, __ATOMIC_RELAXED);

	return ch->tx.call.reason || closed;
}

static enum channel_status mailbox_over(struct channel *ch)
{
	return endpoint_ended(ch, ch->tx.reason ? ch->tx.reason : ch->tx.call.reason);
}

/* The flag with which the server's end has closed, or 0. */
static inline uint32_t mailbox_closed(const struct ring_control *control)
{
	uint32_t caller = __atomic_load_n(&control->flag.caller, __ATOMIC_ACQUIRE);
	uint32_t receiver = __atomic_load_n(&control->flag.receiver, __ATOMIC_ACQUIRE);

	if (!((caller | receiver) & RING_CLOSED))
		return 0;
	return (caller & RING_CLOSED) ? caller : receiver;
}

/* Whether this word gives the line back. */
static inline enum channel_status mailbox_returned(struct channel *ch, uint64_t word)
{
	struct mailbox_caller *call = &ch->tx.call;

	if (ring_rare(mailbox_number(word) != mailbox_number(call->word) ||
		      mailbox_kind(word) < MAILBOX_REPLY || mailbox_length(word) > MAILBOX_MAX))
		return mailbox_lost(ch, CHANNEL_PROTOCOL);
	ring_ask(&ch->tx.control->mailbox); /* for the next request */
	call->answer = word;
	return CHANNEL_OK;
}

/* The line has not come back. */
static enum channel_status mailbox_away(struct channel *ch)
{
	struct ring_sender *s = &ch->tx;
	uint32_t closed;
	uint64_t word;

	if (mailbox_is_given_up(ch))
		return mailbox_over(ch);
	if (ch->tx_waits && !s->reason)
		endpoint_join_tx(ch);
	closed = mailbox_closed(s->control);
	/* What was answered before the end counts. */
	word = __atomic_load_n(&s->control->mailbox.word, __ATOMIC_ACQUIRE);
	if (word != s->call.word)
		return mailbox_returned(ch, word);
	return closed ? mailbox_lost(ch, ring_flag_reason(closed)) : CHANNEL_AGAIN;
}

/* C2: acquires what V2 released, the reply and the server's last reads of the request. */
static inline enum channel_status mailbox_check(struct channel *ch)
{
	uint64_t word = __atomic_load_n(&ch->tx.control->mailbox.word, __ATOMIC_ACQUIRE);

	return word == ch->tx.call.word ? mailbox_away(ch) : mailbox_returned(ch, word);
}

enum channel_status mailbox_attempt(struct endpoint_attempt *a)
{
	return mailbox_check(a->ch);
}

static __attribute__((noinline)) enum channel_status mailbox_await(struct channel *ch,
								   uint64_t deadline)
{
	struct endpoint_attempt a = {
		.ch = ch,
		.deadline = deadline,
		.parks = &ch->tx.parks,
		.patience = &ch->call_patience,
		.make = mailbox_attempt,
		.calls = true,
	};

	return deadline == CHANNEL_NOW ? CHANNEL_AGAIN : endpoint_wait(&a);
}

/* The next polls see nothing but the word: a reply is soon there, or takes its time. */
static inline void mailbox_spin(const struct ring_sender *s)
{
	for (unsigned i = 0; i < MAILBOX_SPINS; i++) {
		if (__atomic_load_n(&s->control->mailbox.word, __ATOMIC_RELAXED) != s->call.word)
			break;
		bell_pause();
		if (i >= MAILBOX_GLANCES)
			ring_ask(&s->control->mailbox);
	}
}

/* C1, which V1 acquires: the request, released by its word. */
static inline enum channel_status mailbox_post(struct channel *ch, const void *request, size_t len)
{
	struct ring_sender *s = &ch->tx;
	struct mailbox_line *line = &s->control->mailbox;
	uint64_t number = mailbox_next(mailbox_number(s->call.word));
	uint32_t closed;

	if (ring_rare(s->withheld) && endpoint_flush(ch) != CHANNEL_OK)
		return CHANNEL_CLOSED;
	s->call.word = mailbox_word(number, MAILBOX_REQUEST, len);
	mailbox_write(line, request, len);
	__atomic_store_n(&line->position, s->cursor, __ATOMIC_RELAXED);
	__atomic_store_n(&line->word, s->call.word, __ATOMIC_RELEASE);
	if (ring_rare(bell_look(&s->control->flag.receiver) & BELL_PARKED))
		endpoint_wake(&s->control->flag.receiver, &s->bells);
	closed = mailbox_closed(s->control);
	return ring_rare(closed) ? mailbox_lost(ch, ring_flag_reason(closed)) : CHANNEL_OK;
}

static inline enum channel_status mailbox_begin(struct channel *ch, const void *request, size_t len,
						uint64_t deadline)
{
	struct ring_sender *s = &ch->tx;
	enum channel_status status;

	if (ring_rare(len > MAILBOX_MAX))
		return CHANNEL_TOO_BIG;
	if (ring_rare(mailbox_is_over(s)))
		return mailbox_over(ch);
	if (ring_rare(s->call.calling || s->streamed))
		return CHANNEL_MISUSE;
	s->call.calling = true; /* to other tasks, while this one waits */
	status = mailbox_check(ch);
	if (ring_rare(status == CHANNEL_AGAIN))
		status = mailbox_await(ch, deadline);
	if (status == CHANNEL_OK)
		status = mailbox_post(ch, request, len);
	s->call.calling = status == CHANNEL_OK;
	return status;
}

/* `waits`: longer than some polls. */
static inline enum channel_status mailbox_end(struct channel *ch, void *reply, size_t size,
					      size_t *length, uint64_t deadline, bool waits)
{
	struct mailbox_caller *call = &ch->tx.call;
	enum channel_status status;
	size_t len;

	if (ring_rare(!call->calling))
		return CHANNEL_MISUSE;
	if (deadline != CHANNEL_NOW && !endpoint_wait_as_task && !ring_rare(ch->beside))
		mailbox_spin(&ch->tx);
	status = mailbox_check(ch);
	if (waits && ring_rare(status == CHANNEL_AGAIN))
		status = mailbox_await(ch, deadline);
	if (ring_rare(status != CHANNEL_OK))
		return status;
	call->calling = false;
	*length = len = mailbox_length(call->answer);
	if (ring_rare(len > size || mailbox_kind(call->answer) == MAILBOX_ELSEWHERE))
		return CHANNEL_TOO_BIG;
	mailbox_copy(reply, ch->tx.control->mailbox.words, len);
	return CHANNEL_OK;
}

enum channel_status mailbox_start(struct channel *ch, const void *request, size_t len,
				  uint64_t deadline)
{
	return mailbox_begin(ch, request, len, deadline);
}

enum channel_status mailbox_wait(struct channel *ch, void *reply, size_t size, size_t *length,
				 uint64_t deadline)
{
	return mailbox_end(ch, reply, size, length, deadline, true);
}

enum channel_status mailbox_wait_soon(struct channel *ch, void *reply, size_t size, size_t *length,
				      uint64_t deadline)
{
	return mailbox_end(ch, reply, size, length, deadline, false);
}

void mailbox_drop(struct channel *ch)
{
	ch->tx.call.calling = false;
}

enum channel_status mailbox_call(struct channel *ch, const void *request, size_t len, void *reply,
				 size_t size, size_t *length, uint64_t deadline)
{
	enum channel_status status = mailbox_begin(ch, request, len, deadline);

	if (status != CHANNEL_OK)
		return status;
	status = mailbox_end(ch, reply, size, length, deadline, true);
	if (ring_rare(status != CHANNEL_OK))
		mailbox_drop(ch);
	return status;
}
