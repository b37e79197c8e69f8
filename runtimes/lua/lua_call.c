/* SPDX-License-Identifier: MIT */
/*
 * endpoint:call: a request through the mailbox, if it is short and that is free, else as a
 * message; then the wait for its reply.
 *
 * The call of a task is a userdata that is closed with the function it is in, however that
 * ends; where there are no tasks nobody else can come between, and there is none.
 */
#include "runtimes/lua/runtime_lua_reply.h"

#include <stdlib.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_object.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define CALL "atoll.call"

/* Places on the stack of a call of a task. */
enum { CALL_ENDPOINT = 1, CALL_REQUEST, CALL_SELF };

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

/* reply | nil, "failed", message. [-0, +1|2|3, m] */
static int call_push(lua_State *L, const struct runtime_lua_numbered *reply, bool value)
{
	bool failed = reply->number & CALL_FAILED;

	if (!failed && value)
		return runtime_lua_push_value(L, reply->bytes, reply->len);
	if (failed) {
		luaL_pushfail(L);
		lua_pushliteral(L, "failed");
	}
	lua_pushlstring(L, reply->bytes, reply->len);
	return failed ? 3 : 1;
}

/*
 * The same of what lies in the ring, which is released unless a finalizer's call has found
 * and dropped it meanwhile. [-0, +1|2|3, v]
 */
static int call_answer(lua_State *L, const struct runtime_lua_endpoint *e,
		       const struct runtime_lua_numbered *reply, bool value)
{
	struct channel *ch = e->ch;
	uint64_t cursor = ch->rx.cursor;
	int results = call_push(L, reply, value);

	if (runtime_lua_is_held(e, ch, cursor))
		runtime_lua_release(ch);
	return results;
}

/* A request was sent as a message, or the reply will come as one. [-0, +n, v] */
static int alone_receive(lua_State *L, struct runtime_lua_endpoint *e, uint64_t id,
			 uint64_t deadline, bool value)
{
	struct runtime_lua_numbered reply;
	enum channel_status status = runtime_lua_reply_peek(e, id, deadline, &reply);

	if (status == CHANNEL_OK)
		return call_answer(L, e, &reply, value);
	e->lost++;
	return runtime_lua_failure(L, e->ch, status);
}

/* Where there are no tasks nobody else comes between. [-0, +n, v] */
static int call_alone(lua_State *L, struct runtime_lua_endpoint *e, const void *msg, size_t len,
		      uint64_t deadline, bool value)
{
	struct runtime_lua_numbered m = {0, msg, len};
	enum channel_status status;
	char line[MAILBOX_MAX];

	if (!runtime_lua_box_send(e, msg, len)) {
		m.number = call_next();
		status = runtime_lua_send_request(L, e, &m, deadline, NULL);
		if (status != CHANNEL_OK)
			return runtime_lua_failure(L, e->ch, status);
		return alone_receive(L, e, m.number, deadline, value);
	}
	m.bytes = line;
	status = mailbox_wait(e->ch, line, sizeof(line), &m.len, deadline);
	if (status == CHANNEL_OK)
		return call_push(L, &m, value);
	if (status == CHANNEL_TOO_BIG)
		return alone_receive(L, e, runtime_lua_box_id(e->ch), deadline, value);
	runtime_lua_box_drop(e, status != CHANNEL_CLOSED);
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
		runtime_lua_box_drop(e, !c->kept);
	} else if (e && e->connection == c->connection && !c->kept && !c->done) {
		e->lost++;
		runtime_lua_wait_changed();
	}
	c->endpoint = NULL;
	free((void *)c->reply.bytes);
	c->reply.bytes = NULL;
	return 0;
}

/*
 * The reply to a task's call is found. 0: another one, which ran meanwhile, has found it, too,
 * and kept it with this call. [-0, +n, m]
 */
static int call_take(lua_State *L, struct runtime_lua_call *c,
		     const struct runtime_lua_numbered *reply, bool in_ring)
{
	struct channel *ch = c->endpoint->ch;
	uint64_t cursor = ch->rx.cursor;
	int results;

	c->done = true;
	results = call_push(L, reply, c->value);
	if (!in_ring)
		return results;
	results = runtime_lua_taken(L, c->endpoint, ch, cursor, results);
	c->done = results;
	return results;
}

/* The request is sent. [-0, +n, v] */
static int call_wait_on(lua_State *L, int status, lua_KContext context)
{
	struct runtime_lua_call *c = lua_touserdata(L, CALL_SELF);
	struct runtime_lua_endpoint *e = c->endpoint;
	struct runtime_lua_wait w = {.deadline = c->deadline, .count = 1};
	struct runtime_lua_numbered reply;
	enum channel_status found;
	char line[MAILBOX_MAX];
	bool stopping = false;
	int results;

	(void)status, (void)context;
	w.one = (struct runtime_lua_wait_item){
		.ch = &e->ch, .is_over = runtime_lua_reply_is_over, .of = c};
	for (;;) {
		runtime_lua_view_refuse(L, e);
		if (c->kept && !c->reply.bytes)
			return luaL_error(L, "not enough memory");
		if (c->kept)
			return call_push(L, &c->reply, c->value);
		found = runtime_lua_reply_look(c, line, &reply);
		results = found == CHANNEL_OK ? call_take(L, c, &reply, reply.bytes != line) : 0;
		if (results)
			return results;
		if (found == CHANNEL_OK)
			continue;
		if (found != CHANNEL_AGAIN || runtime_lua_wait_over(c->deadline, &stopping))
			break;
		w.one.kind = e->boxed == c ? RUNTIME_LUA_WAIT_REPLY : RUNTIME_LUA_WAIT_OTHER;
		w.one.len = c->drains = e->lost != 0;
		runtime_lua_wait(L, &w, 0, call_wait_on);
	}
	return runtime_lua_failure(L, e->ch, stopping ? CHANNEL_STOPPING : found);
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
	struct runtime_lua_numbered request = {.number = c->id};
	enum channel_status sent;

	(void)status;
	request.bytes = lua_tolstring(L, CALL_REQUEST, &request.len);
	sent = runtime_lua_send_request(L, e, &request, c->deadline, call_send_on);
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
	if (runtime_lua_box_send(e, request, len)) {
		c->id = runtime_lua_box_id(e->ch);
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

	runtime_lua_class(L, CALL, metamethods);
}
