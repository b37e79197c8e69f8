/* SPDX-License-Identifier: MIT */
/*
 * Module `atoll.message`: messages of a contract, written into the ring and read
 * from it in place; container/tool/contract.lua has their layout, contract.lua
 * is what scripts see. Only components with contracts bring it.
 */
#include <stdbool.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_form.h"
#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

/* encode(form, fields) -> string. [-0, +1, v] */
static int message_encode(lua_State *L)
{
	const struct runtime_lua_form *form = luaL_checkudata(L, 1, RUNTIME_LUA_FORM);
	size_t len = runtime_lua_form_take(L, 1, 2);
	int first = lua_gettop(L) - (int)form->count + 1;
	luaL_Buffer b;
	char *room = luaL_buffinitsize(L, &b, len);

	runtime_lua_form_write(L, form, first, (unsigned char *)room);
	luaL_pushresultsize(&b, len);
	return 1;
}

/* decode(forms by tag, bytes) -> name, fields | false, why. [-0, +2, v] */
static int message_decode(lua_State *L)
{
	size_t len;
	const char *bytes = luaL_checklstring(L, 2, &len);

	luaL_checktype(L, 1, LUA_TTABLE);
	return runtime_lua_form_read(L, 1, (const unsigned char *)bytes, len);
}

/* What send finds where, when it begins and when it goes on. */
enum { FORM_AT = 2, FIELDS_AT, TIMEOUT_AT, TALK_AT, ORDER_AT, NAMES_AT, VALUES_AT };

/* [-n, +0, v] */
static int turn_refuse(lua_State *L)
{
	luaL_where(L, 2);
	lua_rawgeti(L, NAMES_AT, -1);
	lua_rawgeti(L, NAMES_AT, 0);
	lua_getfield(L, TALK_AT, "state");
	lua_pushfstring(L, "%s%s: it is not the turn of message %s, but of %s's",
			lua_tostring(L, -4), lua_tostring(L, -3), lua_tostring(L, -2),
			lua_tostring(L, -1));
	return lua_error(L);
}

/* The state that the message leads to from the present one; nil without an order. [-0, +1, v] */
static void turn_push(lua_State *L)
{
	if (lua_isnil(L, ORDER_AT)) {
		lua_pushnil(L);
		return;
	}
	lua_getfield(L, TALK_AT, "state");
	lua_gettable(L, ORDER_AT);
	lua_rawgeti(L, NAMES_AT, 0);
	lua_gettable(L, -2);
	if (lua_isnil(L, -1))
		turn_refuse(L);
}

/* Bytes of the message whose values are in their places. */
static size_t message_length(lua_State *L, const struct runtime_lua_form *form)
{
	size_t len = form->fixed;

	for (unsigned i = 0; i < form->count; i++)
		if (form->fields[i].kind == RUNTIME_LUA_STRING)
			len += lua_rawlen(L, VALUES_AT + (int)i);
	return len;
}

/*
 * Whose turn it is counts when there is room, and changes as the message is sent: another
 * task may have sent meanwhile, and this one may be cancelled where it waits.
 */
static int send_on(lua_State *L, int status, lua_KContext context)
{
	const struct runtime_lua_form *form = lua_touserdata(L, FORM_AT);
	const struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	enum channel_status answer;
	bool stopping = false;
	size_t len = message_length(L, form);
	uint64_t deadline = (uint64_t)context;
	void *room;

	(void)status;
	runtime_lua_turn(L, context, send_on);
	for (;;) {
		lua_settop(L, VALUES_AT + (int)form->count - 1);
		turn_push(L);
		answer = channel_reserve(e->ch, len, runtime_lua_alone() ? deadline : CHANNEL_NOW,
					 &room);
		if (answer != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_for(L, RUNTIME_LUA_WAIT_ROOM, &e->ch, len, deadline, send_on);
	}
	if (answer == CHANNEL_OK) {
		runtime_lua_form_write(L, form, VALUES_AT, room);
		if (!lua_isnil(L, -1))
			lua_setfield(L, TALK_AT, "state");
		answer = channel_commit(e->ch, len);
	}
	return runtime_lua_sent(L, e->ch, stopping ? CHANNEL_STOPPING : answer);
}

/*
 * send(endpoint, form, fields, timeout, talk, order) -> true | nil, word. What
 * breaks the contract is an error, and nothing is sent; what is sent moves talk.state
 * on along the order, if there is one. [-0, +1|2, v]
 */
static int message_send(lua_State *L)
{
	uint64_t deadline = runtime_lua_deadline_check(L, TIMEOUT_AT);

	runtime_lua_endpoint_check(L);
	luaL_checkudata(L, FORM_AT, RUNTIME_LUA_FORM);
	lua_settop(L, ORDER_AT);
	runtime_lua_form_take(L, FORM_AT, FIELDS_AT);
	return send_on(L, LUA_OK, (lua_KContext)deadline);
}

/* A runtime_lua_take; when memory is out the message stays in the ring. [-0, +0|2, m] */
static int take_message(lua_State *L, struct runtime_lua_endpoint *e, const void *msg, size_t len)
{
	struct channel *ch = e->ch;
	uint64_t cursor = ch->rx.cursor;
	int top = lua_gettop(L), results = runtime_lua_form_read(L, 2, msg, len);

	results = runtime_lua_taken(L, e, ch, cursor, results);
	if (!results)
		lua_settop(L, top); /* what it was read by, too */
	return results;
}

static int recv_on(lua_State *L, int status, lua_KContext deadline)
{
	(void)status;
	return runtime_lua_receive(L, (uint64_t)deadline, take_message, recv_on);
}

/* recv(endpoint, forms by tag, timeout) -> name, fields | nil, word | false, why. [-0, +2, v] */
static int message_recv(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TTABLE);
	return recv_on(L, LUA_OK, (lua_KContext)runtime_lua_deadline_check(L, 3));
}

static const luaL_Reg functions[] = {
	{"form", runtime_lua_form_new}, {"encode", message_encode}, {"decode", message_decode},
	{"send", message_send},         {"recv", message_recv},     {NULL, NULL},
};

int luaopen_atoll_message(lua_State *L);
int luaopen_atoll_message(lua_State *L)
{
	luaL_newmetatable(L, RUNTIME_LUA_FORM);
	luaL_newlib(L, functions);
	return 1;
}
