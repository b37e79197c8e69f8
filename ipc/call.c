/* SPDX-License-Identifier: MIT */
/*
 * Replies matched to calls. Of the tasks that wait for a reply one receives, for
 * all; of those that send one waits for room. The others wait at a gate.
 */
#include "ipc/call.h"

#include <string.h>

#include "ipc/call_gate.h"
#include "ipc/call_id.h"
#include "ipc/channel_parts.h"
#include "ipc/task_schedule.h"

#define CALL_REPLIES_CLOCK 1024 /* of others, between two looks at the clock */

void call_client_init(struct call_client *c, struct channel *ch)
{
	*c = (struct call_client){.ch = ch, .connection = ch->connection};
}

/* Nobody receives for all any more: who waits for something else is to look. */
static void call_look_again(const struct call *call)
{
	if (call && call->task && call->task->blocked && call->task->member.set)
		set_heat(&call->task->member);
}

static void call_receiving_leave(struct call_client *c)
{
	call_gate_leave(&c->receiving);
	call_look_again(c->poster);
	call_look_again(c->boxer);
}

static struct call **call_bucket(struct call_client *c, uint64_t id)
{
	return &c->flight[id % CALL_BUCKETS];
}

static struct call **call_find(struct call_client *c, uint64_t id)
{
	struct call **at = call_bucket(c, id);

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

void call_drop(struct call_client *c, struct call *call)
{
	struct call **at = call_find(c, call->id);
	bool comes = call->status == CHANNEL_AGAIN && call_is_here(c->ch, call->id);

	if (*at != call)
		return;
	*at = call->next;
	if (call->boxed && call_is_here(c->ch, call->id)) {
		mailbox_drop(c->ch);
		c->boxed = comes ? call->id : 0;
	} else if (comes) {
		c->lost++;
	}
	call->boxed = false;
}

static void call_answer(struct call *call, bool failed, const unsigned char *reply, size_t len)
{
	call->length = len;
	call->status = len > call->size ? CHANNEL_TOO_BIG : CHANNEL_OK;
	if (failed) {
		call->status = CHANNEL_FAILED;
		len = len > call->size ? call->size : len;
	}
	if (len && call->status != CHANNEL_TOO_BIG)
		memcpy(call->reply, reply, len);
	call_wake(call);
}

/* Nobody waits for it any more. */
static void call_discard(struct call_client *c, uint64_t id)
{
	c->late++;
	if (c->boxed && c->boxed == id)
		c->boxed = 0;
	else
		c->lost -= c->lost > 0;
}

/* False where the peer does not speak of calls. */
static bool call_take(struct call_client *c, const unsigned char *msg, size_t len)
{
	struct call *call;
	uint64_t number, id;

	if (len < sizeof(number))
		return false;
	memcpy(&number, msg, sizeof(number));
	if (number & CALL_CONNECTION)
		return false;
	id = call_id(c->ch, number & ~CALL_FAILED);
	call = *call_find(c, id);
	if (call && call->status == CHANNEL_AGAIN)
		call_answer(call, number & CALL_FAILED, msg + sizeof(number), len - sizeof(number));
	else
		call_discard(c, id);
	return true;
}

/*
 * Receive, for all, until this call has its reply; without one, as long as there are
 * some. A server that never ceases to send others must not stretch the deadline.
 */
static enum channel_status call_pump(struct call_client *c, const struct call *call,
				     uint64_t deadline)
{
	enum channel_status status;
	const void *msg;
	size_t len;

	for (unsigned taken = 0; !call || call->status == CHANNEL_AGAIN; taken++) {
		if (taken % CALL_REPLIES_CLOCK == CALL_REPLIES_CLOCK - 1 && bell_past(deadline))
			return CHANNEL_AGAIN;
		if (call && !call_is_here(c->ch, call->id))
			return CHANNEL_CLOSED;
		status = channel_peek(c->ch, deadline, &msg, &len);
		if (status != CHANNEL_OK)
			return status;
		if (!call_take(c, msg, len)) {
			channel_break(c->ch);
			return CHANNEL_CLOSED;
		}
		channel_release(c->ch);
	}
	return call->status;
}

/* Whether there are messages that nobody else is to receive. */
static bool call_has_news(const struct call_client *c)
{
	const void *msg;
	size_t len;

	return !c->receiving.busy && endpoint_peek(c->ch, &msg, &len) == CHANNEL_OK;
}

/* A server may wait for the room that they take. */
static void call_collect(struct call_client *c)
{
	if (call_has_news(c))
		call_pump(c, NULL, CHANNEL_NOW);
}

/*
 * Until the attempt, which counts news as success, succeeds. The server tells of news
 * (endpoint_nudge), and so does who ceases to receive (call_receiving_leave).
 */
static enum channel_status call_await(struct call **place, struct call *call,
				      struct endpoint_attempt *a)
{
	enum channel_status status;

	if (a->deadline == CHANNEL_NOW || bell_past(a->deadline))
		return CHANNEL_AGAIN;
	call->task = task_self();
	*place = call;
	status = endpoint_wait(a);
	*place = NULL;
	call->task = NULL;
	return status;
}

static enum channel_status call_try_room(struct endpoint_attempt *a)
{
	enum channel_status status = endpoint_reserve(a->ch, a->room_len, a->room);

	return status == CHANNEL_AGAIN && call_has_news(a->of) ? CHANNEL_OK : status;
}

static enum channel_status call_await_room(struct call_client *c, struct call *call, size_t size,
					   uint64_t deadline, void **room)
{
	struct endpoint_attempt a = {
		.ch = c->ch,
		.deadline = deadline,
		.parks = &c->ch->tx.parks,
		.patience = &c->ch->tx_patience,
		.room = room,
		.room_len = size,
		.make = call_try_room,
		.of = c,
	};
	enum channel_status status = CHANNEL_OK;

	while (status == CHANNEL_OK) {
		call_collect(c);
		status = endpoint_reserve(c->ch, size, room);
		if (status != CHANNEL_AGAIN)
			break;
		status = call_await(&c->poster, call, &a);
	}
	return status;
}

static enum channel_status call_post(struct call_client *c, struct call *call,
				     const struct channel_part *request, size_t parts,
				     uint64_t deadline)
{
	size_t size = channel_parts_size(request, parts);
	enum channel_status status;
	void *room;

	if (__builtin_add_overflow(size, sizeof(c->last), &size))
		return CHANNEL_TOO_BIG;
	status = channel_reserve(c->ch, size, CHANNEL_NOW, &room);
	if (status == CHANNEL_AGAIN)
		status = call_await_room(c, call, size, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	memcpy(room, &c->last, sizeof(c->last));
	channel_parts_gather((unsigned char *)room + sizeof(c->last), request, parts);
	return channel_commit(c->ch, size);
}

/* Inside the gate no other task can come between the room and its use. */
static enum channel_status call_send(struct call_client *c, struct call *call,
				     const struct channel_part *request, size_t parts,
				     uint64_t deadline)
{
	enum channel_status status = call_gate_enter(&c->sending, call, deadline);

	if (status != CHANNEL_OK)
		return status;
	c->last = (c->last + 1) & CALL_NUMBER;
	call->id = call_id(c->ch, c->last);
	status = call_post(c, call, request, parts, deadline);
	call_gate_leave(&c->sending);
	return status;
}

/* Whether it went through the mailbox. Whatever keeps it from there shows again as a message. */
static bool call_box(struct call_client *c, struct call *call, const struct channel_part *request,
		     size_t parts)
{
	const struct mailbox_caller *box = &c->ch->tx.call;
	unsigned char bytes[MAILBOX_MAX];
	size_t len = channel_parts_size(request, parts);

	if (len > MAILBOX_MAX)
		return false;
	channel_parts_gather(bytes, request, parts);
	if (mailbox_start(c->ch, bytes, len, CHANNEL_NOW) != CHANNEL_OK)
		return false;
	if (c->boxed && mailbox_kind(box->answer) == MAILBOX_REPLY)
		c->late++;
	else if (c->boxed)
		c->lost++;
	c->boxed = 0;
	call->id = call_id(c->ch, call_boxed_number(mailbox_number(box->word)));
	call->boxed = true;
	return true;
}

/* What was still to come on another connection never will. */
static void call_begin_anew(struct call_client *c)
{
	c->connection = c->ch->connection;
	c->lost = c->boxed = 0;
}

enum channel_status call_start(struct call_client *c, struct call *call,
			       const struct channel_part *request, size_t parts, void *reply,
			       size_t size, uint64_t deadline)
{
	enum channel_status status;

	*call = (struct call){.reply = reply, .size = size, .status = CHANNEL_AGAIN};
	if (ring_rare(c->connection != c->ch->connection))
		call_begin_anew(c);
	/*
	 * Late replies are to take no room while all calls go through the mailbox: while some
	 * are to come none does, for the server might wait for that room.
	 */
	if (c->lost && !c->receiving.busy)
		call_pump(c, NULL, CHANNEL_NOW);
	/* Nor while a task waits for room: a server that is kept busy here hands none back. */
	if (c->lost || c->sending.busy || !call_box(c, call, request, parts)) {
		status = call_send(c, call, request, parts, deadline);
		if (status != CHANNEL_OK)
			return status;
	}
	call->next = *call_bucket(c, call->id);
	*call_bucket(c, call->id) = call;
	return CHANNEL_OK;
}

static enum channel_status call_try_box(struct endpoint_attempt *a)
{
	enum channel_status status = mailbox_attempt(a);

	return status == CHANNEL_AGAIN && call_has_news(a->of) ? CHANNEL_OK : status;
}

/* Its reply may come as a message, too, to whoever receives. */
static enum channel_status call_await_box(struct call_client *c, struct call *call,
					  uint64_t deadline)
{
	struct endpoint_attempt a = {
		.ch = c->ch,
		.deadline = deadline,
		.parks = &c->ch->tx.parks,
		.patience = &c->ch->call_patience,
		.make = call_try_box,
		.of = c,
		.calls = true,
	};
	enum channel_status status = CHANNEL_AGAIN, found;

	do {
		call_collect(c);
		if (call->status == CHANNEL_AGAIN)
			status = call_await(&c->boxer, call, &a);
		/* The line then only says so, and has no length. */
		if (call->status != CHANNEL_AGAIN)
			return call->status;
		found = mailbox_wait(c->ch, call->reply, call->size, &call->length, CHANNEL_NOW);
	} while (status == CHANNEL_OK && found == CHANNEL_AGAIN);
	/* What was sent before an end counts. */
	if (found == CHANNEL_CLOSED)
		call_collect(c);
	if (call->status != CHANNEL_AGAIN)
		return call->status;
	return found == CHANNEL_AGAIN ? status : found;
}

/* The answer in the mailbox; CHANNEL_AGAIN also where it says that a message has the reply. */
static enum channel_status call_unbox(struct call_client *c, struct call *call, uint64_t deadline)
{
	enum channel_status status =
		mailbox_wait_soon(c->ch, call->reply, call->size, &call->length, deadline);

	if (ring_rare(status == CHANNEL_AGAIN)) {
		status = call_await_box(c, call, deadline);
		if (call->status != CHANNEL_AGAIN)
			return status;
	}
	if (status != CHANNEL_OK && status != CHANNEL_TOO_BIG)
		return status;
	call->boxed = false;
	if (mailbox_kind(c->ch->tx.call.answer) == MAILBOX_ELSEWHERE)
		return CHANNEL_AGAIN;
	call->status = status;
	return status;
}

enum channel_status call_wait(struct call_client *c, struct call *call, uint64_t deadline)
{
	enum channel_status status;

	if (call->status != CHANNEL_AGAIN)
		return call->status;
	if (!call_is_here(c->ch, call->id))
		return CHANNEL_CLOSED;
	if (call->boxed) {
		status = call_unbox(c, call, deadline);
		if (call->boxed || call->status != CHANNEL_AGAIN)
			return status;
	}
	status = call_gate_enter(&c->receiving, call, deadline);
	if (status != CHANNEL_OK || call->status != CHANNEL_AGAIN)
		return status;
	status = call_pump(c, call, deadline);
	call_receiving_leave(c);
	return status;
}

enum channel_status call_make(struct call_client *c, const void *request, size_t len, void *reply,
			      size_t size, size_t *length, uint64_t deadline)
{
	const struct channel_part part = {request, len};
	struct call call;
	enum channel_status status = call_start(c, &call, &part, 1, reply, size, deadline);

	if (status != CHANNEL_OK)
		return status;
	status = call_wait(c, &call, deadline);
	call_drop(c, &call);
	*length = call.length;
	return status;
}
