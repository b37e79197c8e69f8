/* SPDX-License-Identifier: MIT */
/* The bytes of messages, written and read. */
#include <stdbool.h>
#include <string.h>

#include "runtimes/lua/runtime_lua_form.h"

/* What goes to a field's place; little-endian, so that its first bytes are the low ones. */
static uint64_t value_bits(lua_State *L, int value, const struct runtime_lua_field *f)
{
	double number;
	uint64_t bits = 0;
	float single;

	switch (f->kind) {
	case RUNTIME_LUA_INTEGER:
		return (uint64_t)lua_tointeger(L, value);
	case RUNTIME_LUA_BOOLEAN:
		return (uint64_t)lua_toboolean(L, value);
	case RUNTIME_LUA_STRING:
		return lua_rawlen(L, value);
	default:
		number = lua_tonumber(L, value);
		single = (float)number;
		memcpy(&bits, f->size == sizeof(single) ? (void *)&single : &number, f->size);
		return bits;
	}
}

void runtime_lua_form_write(lua_State *L, const struct runtime_lua_form *form, int first,
			    unsigned char *room)
{
	unsigned char *text = room + form->fixed;

	memcpy(room, &form->tag, sizeof(form->tag));
	room += sizeof(form->tag);
	for (unsigned i = 0; i < form->count; i++) {
		const struct runtime_lua_field *f = &form->fields[i];
		uint64_t bits = value_bits(L, first + (int)i, f);

		memcpy(room, &bits, f->size);
		room += f->size;
		if (f->kind == RUNTIME_LUA_STRING) {
			memcpy(text, lua_tostring(L, first + (int)i), bits);
			text += bits;
		}
	}
}

/* What is read may change while it is: each byte is looked at once. */
struct reader {
	const unsigned char *at;   /* the next field's place */
	const unsigned char *text; /* the next string's bytes */
	size_t left;               /* bytes from there on */
};

/* The next field's value, or nothing where it cannot be one. [-0, +0|1, m] */
static bool value_read(lua_State *L, struct reader *r, const struct runtime_lua_field *f)
{
	uint64_t bits = 0;
	double number;
	float single;

	memcpy(&bits, r->at, f->size);
	r->at += f->size;
	memcpy(&number, &bits, sizeof(number));
	memcpy(&single, &bits, sizeof(single)); /* the low half */
	switch (f->kind) {
	case RUNTIME_LUA_INTEGER:
		if (f->min < 0 && f->size < sizeof(bits) && bits >> (8 * f->size - 1))
			bits |= ~UINT64_C(0) << 8 * f->size;
		lua_pushinteger(L, (lua_Integer)bits);
		return true;
	case RUNTIME_LUA_NUMBER:
		lua_pushnumber(L, f->size == sizeof(single) ? (lua_Number)single : number);
		return true;
	case RUNTIME_LUA_BOOLEAN:
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

int runtime_lua_form_read(lua_State *L, int forms, const unsigned char *bytes, size_t len)
{
	const struct runtime_lua_form *form = NULL;
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
