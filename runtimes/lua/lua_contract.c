/* SPDX-License-Identifier: MIT */
/*
 * Module `atoll.message`: messages of a contract, written into the ring and read
 * from it in place; container/tool/contract.lua has their layout, contract.lua
 * is what scripts see. Only components with contracts bring it.
 *
 * A form is a userdata of one message's fields; its user value has their names,
 * by place and the other way, at 0 the message's name, at -1 the contract's.
 */
#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_channel.h"
#include "runtimes/lua/runtime_lua_wait.h"

#define FORM "atoll.message"

#define SPARE 8 /* slots of the stack beside the fields' values */

enum kind { INTEGER, NUMBER, BOOLEAN, STRING };

static const char *const kind_names[] = {"integer", "number", "boolean", "string", NULL};

struct field {
	enum kind kind;
	unsigned size;        /* bytes at its place; of a string, of its length */
	lua_Integer min, max; /* of an integer; of a string, max bytes */
};

struct form {
	uint32_t tag;
	uint32_t fixed; /* bytes before those of the strings */
	unsigned count;
	struct field fields[];
};

/* An integer of the table on top, or 0. [-0, +0, e] */
static lua_Integer integer_of(lua_State *L, const char *key)
{
	lua_Integer value;

	lua_getfield(L, -1, key);
	value = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return value;
}

/* The field that is described on top; its name goes into the table below. [-0, +0, v] */
static struct field field_read(lua_State *L, lua_Integer place)
{
	struct field f = {.size = (unsigned)integer_of(L, "size"),
			  .min = integer_of(L, "min"),
			  .max = integer_of(L, "max")};

	lua_getfield(L, -1, "kind");
	f.kind = (enum kind)luaL_checkoption(L, -1, NULL, kind_names);
	lua_pop(L, 1);
	lua_getfield(L, -1, "name");
	lua_pushvalue(L, -1);
	lua_rawseti(L, -4, place);
	lua_pushinteger(L, place);
	lua_rawset(L, -4);
	return f;
}

/* form(contract's name, {name, tag, fixed, fields = {...}}), as the packer writes it. [-0, +1, v]
 */
static int message_form(lua_State *L)
{
	struct form *form;
	unsigned count;

	lua_settop(L, 2);
	lua_getfield(L, 2, "fields");
	count = (unsigned)luaL_len(L, 3);
	form = lua_newuserdatauv(L, sizeof(*form) + count * sizeof(form->fields[0]), 1);
	lua_pushvalue(L, 2);
	*form = (struct form){(uint32_t)integer_of(L, "tag"), (uint32_t)integer_of(L, "fixed"),
			      count};
	lua_newtable(L);
	lua_pushvalue(L, 1);
	lua_rawseti(L, -2, -1);
	lua_getfield(L, 2, "name");
	lua_rawseti(L, -2, 0);
	for (unsigned i = 0; i < count; i++) {
		lua_rawgeti(L, 3, i + 1);
		form->fields[i] = field_read(L, i + 1);
		lua_pop(L, 1);
	}
	lua_setiuservalue(L, 4, 1);
	lua_settop(L, 4);
	luaL_setmetatable(L, FORM);
	return 1;
}

/*
 * What breaks the contract is an error where the script called contract.lua; on
 * top is what goes in between. [-n, +0, v]
 */
static int message_refuse(lua_State *L, int names, const char *field)
{
	const char *text = lua_tostring(L, -1), *contract, *message;

	lua_rawgeti(L, names, -1);
	lua_rawgeti(L, names, 0);
	contract = lua_tostring(L, -2);
	message = lua_tostring(L, -1);
	luaL_where(L, 2);
	if (field)
		lua_pushfstring(L, "%s: message %s: field %s: %s", contract, message, field, text);
	else
		lua_pushfstring(L, "%s: message %s: %s", contract, message, text);
	lua_concat(L, 2);
	return lua_error(L);
}

/* Whether the value on top can be this field's. [-0, +0, -] */
static bool value_fits(lua_State *L, const struct field *f)
{
	lua_Integer integer;
	int is_integer;

	switch (f->kind) {
	case INTEGER:
		integer = lua_tointegerx(L, -1, &is_integer);
		return is_integer && lua_type(L, -1) == LUA_TNUMBER && integer >= f->min &&
		       integer <= f->max;
	case NUMBER:
		return lua_type(L, -1) == LUA_TNUMBER;
	case BOOLEAN:
		return lua_isboolean(L, -1);
	default:
		return lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) <= (size_t)f->max;
	}
}

/* The value on top cannot be this field's. [-n, +0, v] */
static int value_refuse(lua_State *L, const struct field *f, int names, int place)
{
	const char *field;

	if (lua_type(L, -1) == LUA_TSTRING)
		lua_pushfstring(L, "got %I bytes", (lua_Integer)lua_rawlen(L, -1));
	else
		lua_pushfstring(L, "got %s", luaL_tolstring(L, -1, NULL));
	switch (f->kind) {
	case INTEGER:
		lua_pushfstring(L, ", expected an integer from %I to %I", f->min, f->max);
		break;
	case NUMBER:
		lua_pushliteral(L, ", expected a number");
		break;
	case BOOLEAN:
		lua_pushliteral(L, ", expected a boolean");
		break;
	default:
		lua_pushfstring(L, ", expected a string of at most %I bytes", f->max);
	}
	lua_concat(L, 2);
	lua_rawgeti(L, names, place);
	field = lua_tostring(L, -1);
	lua_insert(L, -2);
	return message_refuse(L, names, field);
}

/* A key that no field has is an error. [-0, +0, v] */
static void unknown_check(lua_State *L, int fields, int names)
{
	lua_pushnil(L);
	while (lua_next(L, fields)) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		if (lua_type(L, -1) != LUA_TSTRING || lua_rawget(L, names) == LUA_TNIL) {
			lua_pushfstring(L, "got the field %s, expected one of the contract",
					luaL_tolstring(L, -2, NULL));
			message_refuse(L, names, NULL);
		}
		lua_pop(L, 1);
	}
}

/*
 * The values of a message, from the table at index fields, checked, onto the
 * stack behind the form's names; the message's length. [-0, +1+count, v]
 */
static size_t values_take(lua_State *L, const struct form *form, int at, int fields)
{
	size_t len = form->fixed;
	int names;

	luaL_checkstack(L, (int)form->count + SPARE, "a message's fields");
	lua_getiuservalue(L, at, 1);
	names = lua_gettop(L);
	if (!lua_istable(L, fields)) {
		lua_pushfstring(L, "got a %s, expected a table of its fields",
				luaL_typename(L, fields));
		message_refuse(L, names, NULL);
	}
	for (unsigned i = 0; i < form->count; i++) {
		lua_rawgeti(L, names, i + 1);
		lua_gettable(L, fields);
		if (!value_fits(L, &form->fields[i]))
			value_refuse(L, &form->fields[i], names, (int)i + 1);
		if (form->fields[i].kind == STRING)
			len += lua_rawlen(L, -1);
	}
	unknown_check(L, fields, names);
	return len;
}

/* What goes to a field's place; little-endian, so that its first bytes are the low ones. */
static uint64_t value_bits(lua_State *L, int value, const struct field *f)
{
	double number;
	uint64_t bits = 0;
	float single;

	switch (f->kind) {
	case INTEGER:
		return (uint64_t)lua_tointeger(L, value);
	case BOOLEAN:
		return (uint64_t)lua_toboolean(L, value);
	case STRING:
		return lua_rawlen(L, value);
	default:
		number = lua_tonumber(L, value);
		single = (float)number;
		memcpy(&bits, f->size == sizeof(single) ? (void *)&single : &number, f->size);
		return bits;
	}
}

/* The first of the values is at this index; room is for the length that they have. [-0, +0, -] */
static void values_write(lua_State *L, const struct form *form, int first, unsigned char *room)
{
	unsigned char *text = room + form->fixed;

	memcpy(room, &form->tag, sizeof(form->tag));
	room += sizeof(form->tag);
	for (unsigned i = 0; i < form->count; i++) {
		const struct field *f = &form->fields[i];
		uint64_t bits = value_bits(L, first + (int)i, f);

		memcpy(room, &bits, f->size);
		room += f->size;
		if (f->kind == STRING) {
			memcpy(text, lua_tostring(L, first + (int)i), bits);
			text += bits;
		}
	}
}

/* encode(form, fields) -> string. [-0, +1, v] */
static int message_encode(lua_State *L)
{
	const struct form *form = luaL_checkudata(L, 1, FORM);
	size_t len = values_take(L, form, 1, 2);
	int first = lua_gettop(L) - (int)form->count + 1;
	luaL_Buffer b;
	char *room = luaL_buffinitsize(L, &b, len);

	values_write(L, form, first, (unsigned char *)room);
	luaL_pushresultsize(&b, len);
	return 1;
}

/* What is read may change while it is: each byte is looked at once. */
struct reader {
	const unsigned char *at;   /* the next field's place */
	const unsigned char *text; /* the next string's bytes */
	size_t left;               /* bytes from there on */
};

/* The next field's value, or nothing where it cannot be one. [-0, +0|1, m] */
static bool value_read(lua_State *L, struct reader *r, const struct field *f)
{
	uint64_t bits = 0;
	double number;
	float single;

	memcpy(&bits, r->at, f->size);
	r->at += f->size;
	memcpy(&number, &bits, sizeof(number));
	memcpy(&single, &bits, sizeof(single)); /* the low half */
	switch (f->kind) {
	case INTEGER:
		if (f->min < 0 && f->size < sizeof(bits) && bits >> (8 * f->size - 1))
			bits |= ~UINT64_C(0) << 8 * f->size;
		lua_pushinteger(L, (lua_Integer)bits);
		return true;
	case NUMBER:
		lua_pushnumber(L, f->size == sizeof(single) ? (lua_Number)single : number);
		return true;
	case BOOLEAN:
		lua_pushboolean(L, bits == 1);
		return bits <= 1;
	default:
		if (bits > (uint64_t)f->max || bits > r->left)
			return false;
		lua_pushlstring(L, (const char *)r->text, bits);
		r->text += bits;
		r->left -= bits;
		return true;
	}
}

/* Why these bytes are no message of the contract. [-0, +2, m] */
static int malformed(lua_State *L, const char *why, const char *field)
{
	lua_pushboolean(L, false);
	lua_pushfstring(L, why, field);
	return 2;
}

/* The message's name and its fields; or false and why it is none. [-0, +2, m] */
static int message_read(lua_State *L, int forms, const unsigned char *bytes, size_t len)
{
	const struct form *form = NULL;
	struct reader r;
	uint32_t tag;
	int names;

	if (len >= sizeof(tag)) {
		memcpy(&tag, bytes, sizeof(tag));
		lua_rawgeti(L, forms, tag);
		form = lua_touserdata(L, -1);
	}
	if (!form)
		return malformed(L, "no message of the contract", NULL);
	if (len < form->fixed)
		return malformed(L, "a message that is too short", NULL);
	r = (struct reader){bytes + sizeof(tag), bytes + form->fixed, len - form->fixed};
	lua_getiuservalue(L, -1, 1);
	names = lua_gettop(L);
	lua_rawgeti(L, names, 0);
	lua_createtable(L, 0, (int)form->count);
	for (unsigned i = 0; i < form->count; i++) {
		lua_rawgeti(L, names, i + 1);
		if (!value_read(L, &r, &form->fields[i])) {
			lua_rawgeti(L, names, i + 1);
			return malformed(L, "a message whose field %s is not the contract's",
					 lua_tostring(L, -1));
		}
		lua_rawset(L, -3);
	}
	if (r.left)
		return malformed(L, "a message that is too long", NULL);
	return 2;
}

/* decode(forms by tag, bytes) -> name, fields | false, why. [-0, +2, v] */
static int message_decode(lua_State *L)
{
	size_t len;
	const char *bytes = luaL_checklstring(L, 2, &len);

	luaL_checktype(L, 1, LUA_TTABLE);
	return message_read(L, 1, (const unsigned char *)bytes, len);
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

/* The state that the message leads to from the one that is now; nil without an order. [-0, +1, v]
 */
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

/*
 * Whose turn it is counts when there is room, and changes as the message is sent: another
 * task may have sent meanwhile, and this one may be cancelled where it waits.
 */
static int send_on(lua_State *L, int status, lua_KContext deadline)
{
	const struct form *form = lua_touserdata(L, FORM_AT);
	struct runtime_lua_wait w = {.deadline = (uint64_t)deadline, .count = 1};
	const struct runtime_lua_endpoint *e = runtime_lua_endpoint_check(L);
	enum channel_status answer;
	bool stopping = false;
	size_t len = form->fixed;
	void *room;

	(void)status;
	for (unsigned i = 0; i < form->count; i++)
		if (form->fields[i].kind == STRING)
			len += lua_rawlen(L, VALUES_AT + (int)i);
	w.one = (struct runtime_lua_wait_item){
		.kind = RUNTIME_LUA_WAIT_ROOM, .ch = &e->ch, .len = len};
	runtime_lua_turn(L, deadline, send_on);
	for (;;) {
		lua_settop(L, VALUES_AT + (int)form->count - 1);
		turn_push(L);
		answer = channel_reserve(e->ch, len, runtime_lua_alone() ? w.deadline : CHANNEL_NOW,
					 &room);
		if (answer != CHANNEL_AGAIN || runtime_lua_wait_over(w.deadline, &stopping))
			break;
		runtime_lua_wait(L, &w, deadline, send_on);
	}
	if (answer == CHANNEL_OK) {
		values_write(L, form, VALUES_AT, room);
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
	const struct form *form = luaL_checkudata(L, FORM_AT, FORM);
	uint64_t deadline = runtime_lua_deadline_check(L, TIMEOUT_AT);

	runtime_lua_endpoint_check(L);
	lua_settop(L, ORDER_AT);
	values_take(L, form, FORM_AT, FIELDS_AT);
	return send_on(L, LUA_OK, (lua_KContext)deadline);
}

/* A runtime_lua_take; when memory is out the message stays in the ring. [-0, +2, m] */
static int take_message(lua_State *L, struct channel *ch, const void *msg, size_t len)
{
	int results = message_read(L, 2, msg, len);

	channel_release(ch);
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
	{"form", message_form}, {"encode", message_encode}, {"decode", message_decode},
	{"send", message_send}, {"recv", message_recv},     {NULL, NULL},
};

int luaopen_atoll_message(lua_State *L);
int luaopen_atoll_message(lua_State *L)
{
	luaL_newmetatable(L, FORM);
	luaL_newlib(L, functions);
	return 1;
}
