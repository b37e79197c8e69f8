/* SPDX-License-Identifier: MIT */
/*
 * Requests and replies, as ipc/call.h has them on the wire: short ones through the
 * mailbox, one at a time, the others as messages, a number and bytes.
 *
 * Whoever waits for a reply looks at the ring for all: a reply that is another's is
 * kept with that call, one that nobody waits for is dropped. The call of a task is a
 * userdata that is closed with the function it is in, however that ends; where there
 * are no tasks nobody else can come between, and there is none.
 */
#include "runtimes/lua/runtime_lua_call.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define CALL "atoll.call"

/* Places on the stack of a call of a task. */
enum { CALL_ENDPOINT = 1, CALL_REQUEST, CALL_SELF };

struct runtime_lua_call {
	TAILQ_ENTRY(runtime_lua_call) others;
	struct runtime_lua_endpoint *endpoint; /* NULL: not in flight */
	uint64_t id; /* CALL_BOXED and the mailbox's, or one of call_last */
	uint64_t deadline;
	unsigned connection; /* that it was sent on */
	bool value;          /* the reply is to be decoded */
	bool kept;           /* somebody else has found the reply, */
	bool done;           /* or the call itself */
	bool drains;         /* it takes late replies away while it waits for the mailbox */
	uint64_t number;     /* of that: the id, and whether it says that the call failed */
	void *bytes;         /* NULL: there was no memory for them */
	size_t len;
};

/*
 * The number of the component's last call. One for all endpoints: what is forgotten may
 * leave its connection, and replies to its calls, to the next one by its name.
 */
static __thread uint64_t call_last;

static uint64_t call_next(void)
{
	call_last = (call_last + 1) & CALL_NUMBER;
	return call_last;
}

/* As a message. */
static enum channel_status number_send(struct channel *ch, uint64_t number, const char *bytes,
				       size_t len, uint64_t deadline)
{
	void *room;
	enum channel_status status = runtime_lua_reserve(ch, sizeof(number) + len, deadline, &room);

	if (status != CHANNEL_OK)
		return status;
	memcpy(room, &number, sizeof(number));
	memcpy((char *)room + sizeof(number), bytes, len);
	return runtime_lua_commit(ch, sizeof(number) + len);
}

/* A reply to what came through the mailbox, of which this is still the last. */
static enum channel_status number_answer(struct channel *ch, uint64_t number, const char *bytes,
					 size_t len, uint64_t deadline)
{
	enum channel_status status;

	if (len <= MAILBOX_MAX && !(number & CALL_FAILED))
		return mailbox_reply(ch, bytes, len);
	status = number_send(ch, number, bytes, len, deadline);
	if (status == CHANNEL_OK)
		mailbox_answer(ch, MAILBOX_ELSEWHERE, NULL, 0);
	return status;
}

static enum channel_status number_post(struct channel *ch, uint64_t number, const char *bytes,
				       size_t len, uint64_t deadline)
{
	uint64_t taken = ch->rx.serve.taken;

	if (taken && (number & ~CALL_FAILED) == runtime_lua_boxed_number(taken))
		return number_answer(ch, number, bytes, len, deadline);
	return number_send(ch, number, bytes, len, deadline);
}

enum channel_status runtime_lua_send_number(lua_State *L, const struct runtime_lua_endpoint *e,
					    uint64_t number, const char *bytes, size_t len,
					    uint64_t deadline, lua_KFunction k)
{
	enum channel_status status;
	bool stopping = false;

	for (;;) {
		status = number_post(e->ch, number, bytes, len,
				     runtime_lua_alone() ? deadline : CHANNEL_NOW);
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_for(L, RUNTIME_LUA_WAIT_ROOM, &e->ch, sizeof(number) + len,
				     deadline, k);
	}
	return stopping ? CHANNEL_STOPPING : status;
}

bool runtime_lua_take_number(struct channel *ch, const void **msg, size_t *len, uint64_t most,
			     uint64_t *number)
{
	*number = UINT64_MAX;
	if (*len >= sizeof(*number))
		memcpy(number, *msg, sizeof(*number));
	if ((*number & most) != *number) {
		channel_break(ch);
		return false;
	}
	*msg = (const char *)*msg + sizeof(*number);
	*len -= sizeof(*number);
	return true;
}

/* They are in the order of their requests, and so are most replies. */
static struct runtime_lua_call *call_find(const struct runtime_lua_endpoint *e, uint64_t id)
{
	struct runtime_lua_call *c;

	TAILQ_FOREACH (c, &e->calls, others)
		if (c->id == id)
			break;
	return c;
}

/* Nobody waits for it any more. */
static void call_discard(struct runtime_lua_endpoint *e, uint64_t id)
{
	e->late++;
	if (e->dropped && e->dropped == id)
		e->dropped = 0;
	else
		e->lost -= e->lost > 0;
}

/* A reply that another one has found: kept for this call, or dropped. */
static void call_keep(struct runtime_lua_endpoint *e, uint64_t number, const void *msg, size_t len)
{
	struct runtime_lua_call *c = call_find(e, number & ~CALL_FAILED);

	if (!c || c->kept) {
		call_discard(e, number & ~CALL_FAILED);
		return;
	}
	c->kept = true;
	runtime_lua_wait_changed();
	c->number = number;
	c->len = len;
	c->bytes = malloc(len + 1);
	if (c->bytes)
		memcpy(c->bytes, msg, len);
}

/* The reply to the call of this id, left in the ring. */
static enum channel_status call_peek(struct runtime_lua_endpoint *e, uint64_t id, uint64_t deadline,
				     uint64_t *number, const void **msg, size_t *len)
{
	enum channel_status status;

	for (;;) {
		status = channel_peek(e->ch, deadline, msg, len);
		if (status != CHANNEL_OK)
			return status;
		if (!runtime_lua_take_number(e->ch, msg, len,
					     CALL_BOXED | CALL_FAILED | CALL_NUMBER, number))
			return CHANNEL_CLOSED;
		if ((*number & ~CALL_FAILED) == id)
			return CHANNEL_OK;
		call_keep(e, *number, *msg, *len);
		runtime_lua_release(e->ch);
	}
}

/* Of the last call through the mailbox. */
static uint64_t box_id(const struct channel *ch)
{
	return runtime_lua_boxed_number(ch->tx.call.word);
}

/* Whether the line of the mailbox is back, as far as that can be told. */
static bool box_is_back(struct channel *ch)
{
	struct endpoint_attempt a = {.ch = ch};

	return mailbox_attempt(&a) == CHANNEL_OK;
}

/*
 * Every message there is: all are replies that somebody waits for, or nobody. Late ones are
 * to take no room while all calls go through the mailbox.
 */
static void calls_drain(struct runtime_lua_endpoint *e)
{
	uint64_t number;
	const void *msg;
	size_t len;

	/* No call has the number 0. */
	call_peek(e, 0, CHANNEL_NOW, &number, &msg, &len);
}

void runtime_lua_calls_settle(struct runtime_lua_endpoint *e)
{
	const struct mailbox_caller *box = &e->ch->tx.call;

	if (!e->dropped || box->calling || !box_is_back(e->ch))
		return;
	if (mailbox_kind(box->answer) == MAILBOX_REPLY)
		e->late++;
	else
		e->lost++;
	e->dropped = 0;
}

/* The call that uses the mailbox leaves it to the server. */
static void box_drop(struct runtime_lua_endpoint *e, bool comes)
{
	e->dropped = comes ? box_id(e->ch) : 0;
	e->boxed = NULL;
	mailbox_drop(e->ch);
}

void runtime_lua_calls_leave(struct runtime_lua_endpoint *e, struct runtime_lua_endpoint *next)
{
	struct runtime_lua_call *c;

	TAILQ_FOREACH (c, &e->calls, others) {
		if (c != e->boxed && !c->kept && !c->done)
			e->lost++;
	}
	if (e->boxed)
		box_drop(e, true);
	if (next) {
		next->lost = e->lost;
		next->dropped = e->dropped;
	}
	e->lost = e->dropped = 0;
}

/*
 * Send a request through the mailbox, if it is free and that will do. Not while messages are
 * to come that only those would take away who wait for some: the server might wait for room.
 */
static bool box_send(struct runtime_lua_endpoint *e, const void *request, size_t len)
{
	if (len > MAILBOX_MAX)
		return false;
	runtime_lua_calls_settle(e);
	if (ring_rare(e->lost))
		calls_drain(e);
	return !e->lost && !e->dropped &&
	       mailbox_start(e->ch, request, len, CHANNEL_NOW) == CHANNEL_OK;
}

/* The reply to the one call in the mailbox; CHANNEL_TOO_BIG: a message has it. */
static enum channel_status box_receive(struct channel *ch, char reply[MAILBOX_MAX], size_t *len,
				       uint64_t deadline)
{
	return mailbox_wait(ch, reply, MAILBOX_MAX, len, deadline);
}

/* The reply to a call, left in the ring, or brought from the mailbox to `line`. */
static enum channel_status call_look(struct runtime_lua_call *c, char line[MAILBOX_MAX],
				     uint64_t *number, const void **msg, size_t *len)
{
	struct runtime_lua_endpoint *e = c->endpoint;
	enum channel_status status;

	if (c->connection != e->connection)
		return CHANNEL_CLOSED;
	if (e->boxed == c) {
		status = box_receive(e->ch, line, len, CHANNEL_NOW);
		if (status != CHANNEL_OK && status != CHANNEL_TOO_BIG)
			return status;
		e->boxed = NULL;
		*number = c->id;
		*msg = line;
		if (status == CHANNEL_OK)
			return CHANNEL_OK;
	}
	return call_peek(e, c->id, CHANNEL_NOW, number, msg, len);
}

static bool call_over(const void *call)
{
	const struct runtime_lua_call *c = call;
	struct runtime_lua_endpoint *e = c->endpoint;
	struct endpoint_attempt a = {.ch = e->ch};
	uint64_t number;
	const void *msg;
	size_t len;

	if (c->kept || c->connection != e->connection || e->view)
		return true;
	if (e->boxed == c && e->lost && !c->drains)
		return true;
	if (e->boxed == c && e->lost)
		calls_drain(e);
	if (e->boxed == c)
		return mailbox_attempt(&a) != CHANNEL_AGAIN;
	return call_peek(e, c->id, CHANNEL_NOW, &number, &msg, &len) != CHANNEL_AGAIN;
}

/* reply | nil, "failed", message. [-0, +1|2|3, m] */
static int call_push(lua_State *L, uint64_t number, const void *msg, size_t len, bool value)
{
	if (!(number & CALL_FAILED) && value)
		return runtime_lua_push_value(L, msg, len);
	if (number & CALL_FAILED) {
		luaL_pushfail(L);
		lua_pushliteral(L, "failed");
	}
	lua_pushlstring(L, msg, len);
	return number & CALL_FAILED ? 3 : 1;
}

/* What call_peek has found. [-0, +n, v] */
static int call_answer(lua_State *L, struct channel *ch, uint64_t number, const void *msg,
		       size_t len, bool value)
{
	int results = call_push(L, number, msg, len, value);

	runtime_lua_release(ch);
	return results;
}

/* A request was sent as a message, or the reply will come as one. [-0, +n, v] */
static int alone_receive(lua_State *L, struct runtime_lua_endpoint *e, uint64_t id,
			 uint64_t deadline, bool value)
{
	uint64_t number;
	const void *msg;
	size_t len;
	enum channel_status status = call_peek(e, id, deadline, &number, &msg, &len);

	if (status == CHANNEL_OK)
		return call_answer(L, e->ch, number, msg, len, value);
	e->lost++;
	return runtime_lua_failure(L, e->ch, status);
}

/* Where there are no tasks nobody else comes between. [-0, +n, v] */
static int call_alone(lua_State *L, struct runtime_lua_endpoint *e, const void *msg, size_t len,
		      uint64_t deadline, bool value)
{
	enum channel_status status;
	char reply[MAILBOX_MAX];

	if (!box_send(e, msg, len)) {
		status = number_send(e->ch, call_next(), msg, len, deadline);
		if (status != CHANNEL_OK)
			return runtime_lua_failure(L, e->ch, status);
		return alone_receive(L, e, call_last, deadline, value);
	}
	status = box_receive(e->ch, reply, &len, deadline);
	if (status == CHANNEL_OK)
		return call_push(L, 0, reply, len, value);
	if (status == CHANNEL_TOO_BIG)
		return alone_receive(L, e, box_id(e->ch), deadline, value);
	box_drop(e, status != CHANNEL_CLOSED);
	return runtime_lua_failure(L, e->ch, status);
}

/* In flight no more: __close, __gc. [-0, +0, v] */
static int call_close(lua_State *L)
{
	struct runtime_lua_call *c = luaL_checkudata(L, 1, CALL);
	struct runtime_lua_endpoint *e = c->endpoint;

	if (e)
		TAILQ_REMOVE(&e->calls, c, others);
	if (e && e->boxed == c) {
		box_drop(e, !c->kept);
	} else if (e && e->connection == c->connection && !c->kept && !c->done) {
		e->lost++;
		runtime_lua_wait_changed();
	}
	c->endpoint = NULL;
	free(c->bytes);
	c->bytes = NULL;
	return 0;
}

/* The request is sent. [-0, +n, v] */
static int call_wait_on(lua_State *L, int status, lua_KContext context)
{
	struct runtime_lua_call *c = lua_touserdata(L, CALL_SELF);
	struct runtime_lua_endpoint *e = c->endpoint;
	struct runtime_lua_wait w = {.deadline = c->deadline, .count = 1};
	enum channel_status found;
	char line[MAILBOX_MAX];
	bool stopping = false;
	uint64_t number;
	const void *msg;
	size_t len;

	(void)status, (void)context;
	w.one = (struct runtime_lua_wait_item){.ch = &e->ch, .is_over = call_over, .of = c};
	for (;;) {
		runtime_lua_view_refuse(L, e);
		if (c->kept && !c->bytes)
			return luaL_error(L, "not enough memory");
		if (c->kept)
			return call_push(L, c->number, c->bytes, c->len, c->value);
		found = call_look(c, line, &number, &msg, &len);
		if (found != CHANNEL_AGAIN || runtime_lua_wait_over(c->deadline, &stopping))
			break;
		w.one.kind = e->boxed == c ? RUNTIME_LUA_WAIT_REPLY : RUNTIME_LUA_WAIT_OTHER;
		w.one.len = c->drains = e->lost != 0;
		runtime_lua_wait(L, &w, 0, call_wait_on);
	}
	if (found != CHANNEL_OK)
		return runtime_lua_failure(L, e->ch, stopping ? CHANNEL_STOPPING : found);
	c->done = true;
	if (msg == line)
		return call_push(L, number, msg, len, c->value);
	return call_answer(L, e->ch, number, msg, len, c->value);
}

/* The request is sent. */
static void call_fly(struct runtime_lua_call *c, struct runtime_lua_endpoint *e)
{
	c->endpoint = e;
	c->connection = e->connection;
	TAILQ_INSERT_TAIL(&e->calls, c, others);
}

/* [-0, +n, v] */
static int call_send_on(lua_State *L, int status, lua_KContext context)
{
	struct runtime_lua_call *c = lua_touserdata(L, CALL_SELF);
	struct runtime_lua_endpoint *e = lua_touserdata(L, CALL_ENDPOINT);
	enum channel_status sent;
	size_t len;
	const char *request = lua_tolstring(L, CALL_REQUEST, &len);

	(void)status;
	sent = runtime_lua_send_number(L, e, c->id, request, len, c->deadline, call_send_on);
	if (sent != CHANNEL_OK)
		return runtime_lua_failure(L, e->ch, sent);
	call_fly(c, e);
	return call_wait_on(L, LUA_OK, context);
}

/* The request is a string at its place; nothing is above. [-0, +n, v] */
static int call_begin(lua_State *L, uint64_t deadline, bool value)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	struct runtime_lua_call *c;
	const char *request;
	size_t len;

	runtime_lua_view_refuse(L, e);
	request = lua_tolstring(L, CALL_REQUEST, &len);
	if (runtime_lua_alone())
		return call_alone(L, e, request, len, deadline, value);
	c = lua_newuserdatauv(L, sizeof(*c), 1);
	*c = (struct runtime_lua_call){.deadline = deadline, .value = value};
	lua_pushvalue(L, CALL_ENDPOINT);
	lua_setiuservalue(L, CALL_SELF, 1);
	luaL_setmetatable(L, CALL);
	lua_toclose(L, CALL_SELF);
	if (box_send(e, request, len)) {
		c->id = box_id(e->ch);
		call_fly(c, e);
		e->boxed = c;
		return call_wait_on(L, LUA_OK, 0);
	}
	c->id = call_next();
	return call_send_on(L, LUA_OK, 0);
}

int runtime_lua_call(lua_State *L)
{
	uint64_t deadline = runtime_lua_deadline_check(L, 3);

	luaL_checkstring(L, CALL_REQUEST);
	lua_settop(L, CALL_REQUEST);
	return call_begin(L, deadline, false);
}

int runtime_lua_call_value(lua_State *L)
{
	struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	uint64_t deadline = runtime_lua_deadline_check(L, 3);
	char bytes[RUNTIME_LUA_PLAIN];
	size_t len;

	luaL_checkany(L, CALL_REQUEST);
	lua_settop(L, CALL_REQUEST);
	len = runtime_lua_alone() && !e->view ? runtime_lua_encode_plain(L, CALL_REQUEST, bytes)
					      : 0;
	if (len)
		return call_alone(L, e, bytes, len, deadline, true);
	runtime_lua_push_encoded(L, CALL_REQUEST);
	lua_replace(L, CALL_REQUEST);
	return call_begin(L, deadline, true);
}

void runtime_lua_calls(lua_State *L)
{
	static const luaL_Reg metamethods[] = {
		{"__close", call_close}, {"__gc", call_close}, {NULL, NULL}};

	luaL_newmetatable(L, CALL);
	luaL_setfuncs(L, metamethods, 0);
	lua_pop(L, 1);
}
