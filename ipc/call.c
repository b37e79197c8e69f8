/* SPDX-License-Identifier: MIT */
/*
 * Replies matched to calls. Of the tasks that wait for a reply one receives, for
 * all; of those that send one waits for room. The others wait at a gate.
 */
#include "ipc/call.h"

#include <string.h>

#include "ipc/channel_parts.h"
#include "ipc/task_schedule.h"

#define CALL_REPLIES_CLOCK 1024 /* of others, between two looks at the clock */

/*
 * An id is a number and, in bits that it has not set in a message, the connection that
 * it belongs to, as each end counts them by itself: it goes round after two million.
 */
#define CALL_CONNECTION (CALL_FAILED - 1 - CALL_NUMBER)

static uint64_t call_id(const struct channel *ch, uint64_t number)
{
	return number | (ch->connection * (CALL_NUMBER + 1) & CALL_CONNECTION);
}

static bool call_is_here(const struct channel *ch, uint64_t id)
{
	return call_id(ch, id & ~CALL_CONNECTION) == id;
}

void call_client_init(struct call_client *c, struct channel *ch)
{
	*c = (struct call_client){.ch = ch, .connection = ch->connection};
}

static void call_wake(const struct call *call)
{
	if (call && call->task && call->task->blocked)
		task_ready(task_scheduler, call->task);
}

static void call_gate_append(struct call_gate *g, struct call *call)
{
	struct call **at = &g->first;

	while (*at)
		at = &(*at)->behind;
	call->behind = NULL;
	*at = call;
}

static void call_gate_remove(struct call_gate *g, const struct call *call)
{
	struct call **at = &g->first;

	while (*at != call)
		at = &(*at)->behind;
	*at = call->behind;
}

static enum channel_status call_gate_wait(struct call_gate *g, struct call *call, uint64_t deadline)
{
	enum channel_status status;

	call_gate_append(g, call);
	call->task = task_scheduler->current;
	status = task_block(task_scheduler, NULL, deadline);
	call->task = NULL;
	call_gate_remove(g, call);
	return status;
}

static void call_gate_leave(struct call_gate *g)
{
	g->busy = false;
	call_wake(g->first);
}

/* CHANNEL_OK: the caller is inside. Else it is not, or needs not be: the call has its reply. */
static enum channel_status call_gate_enter(struct call_gate *g, struct call *call,
					   uint64_t deadline)
{
	enum channel_status status = CHANNEL_AGAIN;

	while (g->busy && call->status == CHANNEL_AGAIN) {
		if (status != CHANNEL_AGAIN || deadline == CHANNEL_NOW || bell_past(deadline))
			return status;
		status = call_gate_wait(g, call, deadline);
	}
	if (call->status != CHANNEL_AGAIN) {
		/* Woken for the gate as well, perhaps: the next one has its turn. */
		if (!g->busy)
			call_wake(g->first);
		return call->status;
	}
	g->busy = true;
	return CHANNEL_OK;
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

static enum channel_status call_post(struct channel *ch, uint64_t number,
				     const struct channel_part *request, size_t parts,
				     uint64_t deadline)
{
	size_t size = channel_parts_size(request, parts);
	enum channel_status status;
	void *room;

	if (__builtin_add_overflow(size, sizeof(number), &size))
		return CHANNEL_TOO_BIG;
	status = channel_reserve(ch, size, deadline, &room);
	if (status != CHANNEL_OK)
		return status;
	memcpy(room, &number, sizeof(number));
	channel_parts_gather((unsigned char *)room + sizeof(number), request, parts);
	return channel_commit(ch, size);
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
	status = call_post(c->ch, c->last, request, parts, deadline);
	call_gate_leave(&c->sending);
	return status;
}

void call_drop(struct call_client *c, struct call *call)
{
	struct call **at = call_find(c, call->id);
	bool comes = call->status == CHANNEL_AGAIN && call_is_here(c->ch, call->id);

	if (*at)
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

static uint64_t call_boxed_number(uint64_t mailbox)
{
	return CALL_BOXED | (mailbox & CALL_NUMBER);
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
	if (c->lost || !call_box(c, call, request, parts)) {
		status = call_send(c, call, request, parts, deadline);
		if (status != CHANNEL_OK)
			return status;
	}
	call->next = *call_bucket(c, call->id);
	*call_bucket(c, call->id) = call;
	return CHANNEL_OK;
}

/* The answer in the mailbox; CHANNEL_AGAIN also where it says that a message has the reply. */
static enum channel_status call_unbox(struct call_client *c, struct call *call, uint64_t deadline)
{
	enum channel_status status =
		mailbox_wait(c->ch, call->reply, call->size, &call->length, deadline);

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
	call_gate_leave(&c->receiving);
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

/* A request that came as a message. */
static enum channel_status call_unpack(struct channel *ch, uint64_t *id, const void **request,
				       size_t *len)
{
	uint64_t number = UINT64_MAX;

	if (*len >= sizeof(number))
		memcpy(&number, *request, sizeof(number));
	if (number > CALL_NUMBER) {
		channel_break(ch);
		return CHANNEL_CLOSED;
	}
	*id = call_id(ch, number);
	*request = (const unsigned char *)*request + sizeof(number);
	*len -= sizeof(number);
	return CHANNEL_OK;
}

enum channel_status call_receive(struct channel *ch, uint64_t deadline, uint64_t *id,
				 const void **request, size_t *len)
{
	bool boxed;
	enum channel_status status = mailbox_receive(ch, deadline, &boxed, request, len);

	if (status == CHANNEL_OK && !boxed)
		return call_unpack(ch, id, request, len);
	*id = call_id(ch, call_boxed_number(ch->rx.serve.number));
	return status;
}

/* Whether the request is the one that is in the mailbox. */
static bool call_is_boxed(const struct channel *ch, uint64_t number)
{
	uint64_t taken = __atomic_load_n(&ch->rx.serve.taken, __ATOMIC_RELAXED);

	return taken && number == call_boxed_number(mailbox_number(taken));
}

enum channel_status call_reply(struct channel *ch, uint64_t id, const void *reply, size_t len,
			       uint64_t deadline)
{
	uint64_t number = id & ~CALL_CONNECTION;
	const struct channel_part parts[] = {{&number, sizeof(number)}, {reply, len}};
	bool boxed = call_is_boxed(ch, number & ~CALL_FAILED);
	enum channel_status status;

	if (ring_rare(!call_is_here(ch, id)))
		return endpoint_ended(ch, ch->tx.reason);
	if (boxed && len <= MAILBOX_MAX && !(id & CALL_FAILED))
		return mailbox_reply(ch, reply, len);
	status = channel_sendv(ch, parts, 2, deadline);
	if (boxed && status == CHANNEL_OK)
		mailbox_answer(ch, MAILBOX_ELSEWHERE, NULL, 0);
	return status;
}

enum channel_status call_fail(struct channel *ch, uint64_t id, const char *text, uint64_t deadline)
{
	return call_reply(ch, id | CALL_FAILED, text, strlen(text), deadline);
}
