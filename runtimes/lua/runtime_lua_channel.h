/* SPDX-License-Identifier: MIT */
/*
 * Endpoints in Lua, for the files of this folder.
 *
 * What may happen to a correct program (a closed channel, a timeout) is
 * answered by nil and a word; what may not (a call out of turn) is an error.
 */
#ifndef RUNTIMES_LUA_RUNTIME_LUA_CHANNEL_H
#define RUNTIMES_LUA_RUNTIME_LUA_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <lua.h>

#include "ipc/channel.h"

struct runtime_lua_view;
struct service;

/* Its address tells an endpoint from other userdata of the size: of those none begins with it. */
extern const char runtime_lua_endpoint_mark;

struct runtime_lua_endpoint {
	const char *mark;
	struct channel *ch;            /* the container's; NULL when there was none to open */
	struct runtime_lua_view *view; /* holds the message at the receiver's cursor; or NULL */
	/* Gives a service's endpoint back, and leaves a closed one in its place; else NULL. */
	struct channel *(*drop)(struct channel *ch);
	uint64_t sent;       /* messages, when it last began to receive */
	unsigned connection; /* counts them */
	uint64_t late;       /* replies that nobody waited for any more */
	uint64_t lost;       /* messages that are still to come of such */
	uint64_t dropped;    /* 0, or a call that has the mailbox still, though nobody waits */
	TAILQ_HEAD(runtime_lua_call_list, runtime_lua_call) calls; /* of tasks, in flight */
	struct runtime_lua_call *boxed; /* of these, the one that uses the mailbox; or NULL */
	bool gone;                      /* it was given back: ch is others' as well */
};

/* The metatable of services (lua_service.c). */
#define RUNTIME_LUA_SERVICE "atoll.service"

struct runtime_lua_service {
	struct service *service; /* NULL: there was none, or it is closed */
	struct channel *door;    /* to be received from when there is a connection to accept */
	const char *name;
};

/* What is no endpoint, or was never open: an error that says so. [-0, +0, v] */
struct runtime_lua_endpoint *runtime_lua_endpoint_refuse(lua_State *L);

/* The first argument, an endpoint that was open once. [-0, +0, v] */
static inline struct runtime_lua_endpoint *runtime_lua_endpoint_check(lua_State *L)
{
	struct runtime_lua_endpoint *e = lua_touserdata(L, 1);

	if (e && lua_rawlen(L, 1) == sizeof(*e) && e->mark == &runtime_lua_endpoint_mark && e->ch)
		return e;
	return runtime_lua_endpoint_refuse(L);
}

/*
 * The endpoint that was used last, while there are no tasks; else NULL. What is this one needs
 * no further look, and nobody is to run meanwhile.
 */
extern __thread const struct runtime_lua_endpoint *runtime_lua_usual;

/* The first argument where it is an endpoint and there are no tasks; else NULL. [-0, +0, v] */
struct runtime_lua_endpoint *runtime_lua_endpoint_unusual(lua_State *L);

static inline struct runtime_lua_endpoint *runtime_lua_endpoint_alone(lua_State *L)
{
	struct runtime_lua_endpoint *e = lua_touserdata(L, 1);

	return e && e == runtime_lua_usual ? e : runtime_lua_endpoint_unusual(L);
}

/* A new one that is not open. [-0, +1, m] */
struct runtime_lua_endpoint *runtime_lua_endpoint_new(lua_State *L);

/* The same at any index, or NULL for what is no endpoint. [-0, +0, v] */
struct runtime_lua_endpoint *runtime_lua_endpoint_test(lua_State *L, int index);

/* That a view holds the endpoint's message is an error. [-0, +0, v] */
void runtime_lua_view_refuse(lua_State *L, const struct runtime_lua_endpoint *e);

/* A timeout in seconds, as a deadline; nil or none waits for ever. [-0, +0, v] */
uint64_t runtime_lua_deadline_check(lua_State *L, int arg);

/* nil and the word for what need be no mistake; 0 results where it is one. [-0, +(0|2), v] */
int runtime_lua_word(lua_State *L, enum channel_status status);

/* The same as an answer. What is a mistake is an error, which names ch. [-0, +2, v] */
int runtime_lua_failure(lua_State *L, const struct channel *ch, enum channel_status status);

/* The answer to one that sends: true, or the above. [-0, +1|2, v] */
int runtime_lua_sent(lua_State *L, const struct channel *ch, enum channel_status status);

/* The same for what was sent. [-0, +1, -] */
static inline int runtime_lua_sent_well(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

/* Send the string at index 2 on the first argument's channel. [-0, +1|2, v] */
int runtime_lua_send_string(lua_State *L, uint64_t deadline);

/*
 * Puts what is to be answered for a message onto the stack, then releases it. 0, and nothing
 * there: others have received it meanwhile. [-0, +n, e]
 */
typedef int (*runtime_lua_take)(lua_State *L, struct runtime_lua_endpoint *e, const void *msg,
				size_t len);

/* Wait for a message of the first argument's and take it; k calls this again. [-0, +n, v] */
int runtime_lua_receive(lua_State *L, uint64_t deadline, runtime_lua_take take, lua_KFunction k);

/* endpoint:send(message [, timeout]) -> true | nil, word. [-0, +1|2, v] */
int runtime_lua_send(lua_State *L);

/* endpoint:recv([timeout]), recv_value([timeout]) -> message, value | nil, word. [-0, +1|2, v] */
int runtime_lua_recv(lua_State *L);
int runtime_lua_recv_value(lua_State *L);

/* for message in endpoint:messages() do: until it closes, or we are to stop. [-0, +2, v] */
int runtime_lua_messages(lua_State *L);

/* endpoint:view([timeout]) -> view | nil, word. [-0, +1|2, v] */
int runtime_lua_view(lua_State *L);

/* Let go of an endpoint's message, if a view holds it; the view is of no more use. */
void runtime_lua_view_drop(struct runtime_lua_endpoint *e);

/*
 * As string.unpack, of the len bytes from pos (at most len) on: values, then the
 * position behind them, from 1. Formats without alignment. [-0, +n, v]
 */
int runtime_lua_unpack(lua_State *L, const char *format, const char *bytes, size_t len, size_t pos);

/* The view's metatable. [-0, +0, m] */
void runtime_lua_views(lua_State *L);

/* endpoint:send_value(value [, timeout]) -> true | nil, word. [-0, +1|2, v] */
int runtime_lua_send_value(lua_State *L);

#define RUNTIME_LUA_DEPTH 64 /* tables in tables, of one value */
#define RUNTIME_LUA_PLAIN 64 /* bytes */

/*
 * The bytes of what encodes the value at this index, if it is no table and short; 0: it is
 * not, or cannot be sent. [-0, +0, m]
 */
size_t runtime_lua_encode_plain(lua_State *L, int index, char to[RUNTIME_LUA_PLAIN]);

/* What encodes the value at this index. [-0, +1, v] */
void runtime_lua_push_encoded(lua_State *L, int index);

/* The value that these bytes encode, or nil and a word: how many of these. [-0, +1|2, m] */
int runtime_lua_push_value(lua_State *L, const void *bytes, size_t len);

/* A runtime_lua_take of a value: +1, or +2 where it is not one. */
int runtime_lua_take_value(lua_State *L, struct runtime_lua_endpoint *e, const void *msg,
			   size_t len);

/* atoll.encode(value) -> string; atoll.decode(string) -> value | nil, word. [-0, +1|2, v] */
int runtime_lua_encode(lua_State *L);
int runtime_lua_decode(lua_State *L);

/* Put `open` into the table on top. [-0, +0, m] */
void runtime_lua_channels(lua_State *L);

#endif
