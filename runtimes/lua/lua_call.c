/* SPDX-License-Identifier: MIT */
/*
 * Requests and replies, as ipc/call.h has them on the wire: a number, then bytes.
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

#include "ipc/call.h"
#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define CALL "atoll.call"

/* Places on the stack of a call of a task. */
enum { CALL_ENDPOINT = 1, CALL_REQUEST, CALL_SELF };

struct runtime_lua_call {
	TAILQ_ENTRY(runtime_lua_call) others;
	struct runtime_lua_endpoint *endpoint; /* NULL: not in flight */
	uint64_t id;
	uint64_t deadline;
	unsigned connection; /* that it was sent on */
	bool value;          /* the reply is to be decoded */
	bool kept;           /* somebody else has found the reply */
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

static enum channel_status number_post(struct channel *ch, uint64_t number, const char *bytes,
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

bool runtime_lua_take_number(struct channel *ch, const void **msg, size_t *len, uint64_t *number)
{
	if (*len < sizeof(*number)) {
		channel_break(ch);
		return false;
	}
	memcpy(number, *msg, sizeof(*number));
	*msg = (const char *)*msg + sizeof(*number);
	*len -= sizeof(*number);
	return true;
}

/* They are in the order of their requests, and so are most replies. */
static struct runtime_lua_call *call_find(const struct runtime_lua_endpoint *e, uint64_t id)
{
	struct runtime_lua_call *c;

	TAILQ_FOREACH(c, &e->calls, others)
	if (c->id == id)
		break;
	return c;
}

/* A reply that another one has found: kept for this call, or dropped. */
static void call_keep(struct runtime_lua_endpoint *e, uint64_t number, const void *msg, size_t len)
{
	struct runtime_lua_call *c = call_find(e, number & ~CALL_FAILED);

	if (!c || c->kept) {
		e->late++;
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
		if (!runtime_lua_take_number(e->ch, msg, len, number))
			return CHANNEL_CLOSED;
		if ((*number & ~CALL_FAILED) == id)
			return CHANNEL_OK;
		call_keep(e, *number, *msg, *len);
		runtime_lua_release(e->ch);
	}
}

static bool call_over(const void *call)
{
	const struct runtime_lua_call *c = call;
	uint64_t number;
	const void *msg;
	size_t len;

	return c->kept || c->connection != c->endpoint->connection || c->endpoint->view ||
	       call_peek(c->endpoint, c->id, CHANNEL_NOW, &number, &msg, &len) != CHANNEL_AGAIN;
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

/* Where there are no tasks nobody else comes between. [-0, +n, v] */
static int call_alone(lua_State *L, struct runtime_lua_endpoint *e, const void *msg, size_t len,
		      uint64_t deadline, bool value)
{
	uint64_t id = call_next(), number;
	enum channel_status status = number_post(e->ch, id, msg, len, deadline);

	if (status == CHANNEL_OK)
		status = call_peek(e, id, deadline, &number, &msg, &len);
	if (status != CHANNEL_OK)
		return runtime_lua_failure(L, e->ch, status);
	return call_answer(L, e->ch, number, msg, len, value);
}

/* In flight no more: __close, __gc. [-0, +0, v] */
static int call_close(lua_State *L)
{
	struct runtime_lua_call *c = luaL_checkudata(L, 1, CALL);

	if (c->endpoint)
		TAILQ_REMOVE(&c->endpoint->calls, c, others);
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
	bool stopping = false;
	uint64_t number;
	const void *msg;
	size_t len;

	(void)status, (void)context;
	w.one = (struct runtime_lua_wait_item){
		.kind = RUNTIME_LUA_WAIT_OTHER, .ch = &e->ch, .is_over = call_over, .of = c};
	for (;;) {
		runtime_lua_view_refuse(L, e);
		if (c->kept && !c->bytes)
			return luaL_error(L, "not enough memory");
		if (c->kept)
			return call_push(L, c->number, c->bytes, c->len, c->value);
		found = CHANNEL_CLOSED;
		if (c->connection == e->connection)
			found = call_peek(e, c->id, CHANNEL_NOW, &number, &msg, &len);
		if (found != CHANNEL_AGAIN || runtime_lua_wait_over(c->deadline, &stopping))
			break;
		runtime_lua_wait(L, &w, 0, call_wait_on);
	}
	if (found == CHANNEL_OK)
		return call_answer(L, e->ch, number, msg, len, c->value);
	return runtime_lua_failure(L, e->ch, stopping ? CHANNEL_STOPPING : found);
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
	c->endpoint = e;
	c->connection = e->connection;
	TAILQ_INSERT_TAIL(&e->calls, c, others);
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
	if (runtime_lua_alone()) {
		request = lua_tolstring(L, CALL_REQUEST, &len);
		return call_alone(L, e, request, len, deadline, value);
	}
	c = lua_newuserdatauv(L, sizeof(*c), 1);
	*c = (struct runtime_lua_call){.id = call_next(), .deadline = deadline, .value = value};
	lua_pushvalue(L, CALL_ENDPOINT);
	lua_setiuservalue(L, CALL_SELF, 1);
	luaL_setmetatable(L, CALL);
	lua_toclose(L, CALL_SELF);
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
