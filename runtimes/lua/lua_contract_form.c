/* SPDX-License-Identifier: MIT */
/* Forms of messages, and whether a table of values fits one. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <lauxlib.h>

#include "runtimes/lua/runtime_lua_form.h"

#define SPARE 8 /* slots of the stack beside the fields' values */

static const char *const kind_names[] = {"integer", "number", "boolean", "string", NULL};

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
static struct runtime_lua_field field_read(lua_State *L, lua_Integer place)
{
	struct runtime_lua_field f = {.size = (unsigned)integer_of(L, "size"),
				      .min = integer_of(L, "min"),
				      .max = integer_of(L, "max")};

	lua_getfield(L, -1, "kind");
	f.kind = (enum runtime_lua_kind)luaL_checkoption(L, -1, NULL, kind_names);
	lua_pop(L, 1);
	lua_getfield(L, -1, "name");
	lua_pushvalue(L, -1);
	lua_rawseti(L, -4, place);
	lua_pushinteger(L, place);
	lua_rawset(L, -4);
	return f;
}

int runtime_lua_form_new(lua_State *L)
{
	struct runtime_lua_form *form;
	unsigned count;

	lua_settop(L, 2);
	lua_getfield(L, 2, "fields");
	count = (unsigned)luaL_len(L, 3);
	form = lua_newuserdatauv(L, sizeof(*form) + count * sizeof(form->fields[0]), 1);
	lua_pushvalue(L, 2);
	*form = (struct runtime_lua_form){(uint32_t)integer_of(L, "tag"),
					  (uint32_t)integer_of(L, "fixed"), count};
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
	luaL_setmetatable(L, RUNTIME_LUA_FORM);
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

/* Whether the field holds it: rounded as it may be, but what is finite remains so. */
static bool number_fits(lua_Number number, const struct runtime_lua_field *f)
{
	return f->size == sizeof(number) || isinf(number) || !isinf((float)number);
}

/* Whether the value on top can be this field's. [-0, +0, -] */
static bool value_fits(lua_State *L, const struct runtime_lua_field *f)
{
	lua_Integer integer;
	int is_integer;

	switch (f->kind) {
	case RUNTIME_LUA_INTEGER:
		integer = lua_tointegerx(L, -1, &is_integer);
		return is_integer && lua_type(L, -1) == LUA_TNUMBER && integer >= f->min &&
		       integer <= f->max;
	case RUNTIME_LUA_NUMBER:
		return lua_type(L, -1) == LUA_TNUMBER && number_fits(lua_tonumber(L, -1), f);
	case RUNTIME_LUA_BOOLEAN:
		return lua_isboolean(L, -1);
	default:
		return lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) <= (size_t)f->max;
	}
}

/* What the field's values are. [-0, +1, m] */
static void expected_push(lua_State *L, const struct runtime_lua_field *f)
{
	switch (f->kind) {
	case RUNTIME_LUA_INTEGER:
		lua_pushfstring(L, ", expected an integer from %I to %I", f->min, f->max);
		break;
	case RUNTIME_LUA_NUMBER:
		if (f->size == sizeof(float))
			lua_pushfstring(L, ", expected a number from %f to %f",
					(LUAI_UACNUMBER)-FLT_MAX, (LUAI_UACNUMBER)FLT_MAX);
		else
			lua_pushliteral(L, ", expected a number");
		break;
	case RUNTIME_LUA_BOOLEAN:
		lua_pushliteral(L, ", expected a boolean");
		break;
	default:
		lua_pushfstring(L, ", expected a string of at most %I bytes", f->max);
	}
}

/* The value on top cannot be this field's. [-n, +0, v] */
static int value_refuse(lua_State *L, const struct runtime_lua_field *f, int names, int place)
{
	const char *field;

	if (lua_type(L, -1) != LUA_TSTRING)
		lua_pushfstring(L, "got %s", luaL_tolstring(L, -1, NULL));
	else if (f->kind == RUNTIME_LUA_STRING)
		lua_pushfstring(L, "got %I bytes", (lua_Integer)lua_rawlen(L, -1));
	else
		lua_pushliteral(L, "got a string");
	expected_push(L, f);
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

size_t runtime_lua_form_take(lua_State *L, int at, int fields)
{
	const struct runtime_lua_form *form = lua_touserdata(L, at);
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
		if (form->fields[i].kind == RUNTIME_LUA_STRING)
			len += lua_rawlen(L, -1);
	}
	unknown_check(L, fields, names);
	return len;
}
