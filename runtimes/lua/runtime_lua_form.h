/* SPDX-License-Identifier: MIT */
/*
 * The messages of contracts, between the module that scripts see, lua_contract.c, and
 * what knows their fields and their bytes; container/tool/contract.lua has the layout.
 *
 * A form is a userdata of one message's fields; its user value has their names,
 * by place and the other way, at 0 the message's name, at -1 the contract's.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_FORM_H
#define RUNTIMES_LUA_RUNTIME_LUA_FORM_H

#include <stddef.h>
#include <stdint.h>
#include <lua.h>

#define RUNTIME_LUA_FORM "atoll.message" /* the userdata's type */

enum runtime_lua_kind {
	RUNTIME_LUA_INTEGER,
	RUNTIME_LUA_NUMBER,
	RUNTIME_LUA_BOOLEAN,
	RUNTIME_LUA_STRING,
};

struct runtime_lua_field {
	enum runtime_lua_kind kind;
	unsigned size;        /* bytes at its place; of a string, of its length */
	lua_Integer min, max; /* of an integer; of a string, max bytes */
};

struct runtime_lua_form {
	uint32_t tag;
	uint32_t fixed; /* bytes before those of the strings */
	unsigned count;
	struct runtime_lua_field fields[];
};

/* form(contract's name, {name, tag, fixed, fields}), as the packer writes it. [-0, +1, v] */
int runtime_lua_form_new(lua_State *L);

/*
 * The values of a message of the form at index at, from the table at index fields,
 * checked, onto the stack behind the form's names; the message's length. What breaks the
 * contract is an error where the script called contract.lua. [-0, +1+count, v]
 */
size_t runtime_lua_form_take(lua_State *L, int at, int fields);

/* Such values, the first at this index, as bytes to where their message has room. [-0, +0, -] */
void runtime_lua_form_write(lua_State *L, const struct runtime_lua_form *form, int first,
			    unsigned char *room);

/*
 * The name of the message that these bytes are, of one of the forms in the table at
 * index forms, by tag, and its fields; or false and why it is none. They may change
 * while they are read. [-0, +2, m]
 */
int runtime_lua_form_read(lua_State *L, int forms, const unsigned char *bytes, size_t len);

#endif
