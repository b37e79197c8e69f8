/* SPDX-License-Identifier: MIT */
/*
 * Requests and replies as they are sent: a number and bytes in one message, as ipc/call.h
 * has them, or through the mailbox what answers a request that came that way.
 */
#include "runtimes/lua/runtime_lua_call.h"

#include <string.h>

#include "runtimes/lua/runtime_lua_ring.h"
#include "runtimes/lua/runtime_lua_wait.h"

/* As a message. */
static enum channel_status number_send(struct channel *ch, const struct runtime_lua_numbered *m,
				       uint64_t deadline)
{
	void *room;
	enum channel_status status =
		runtime_lua_reserve(ch, sizeof(m->number) + m->len, deadline, &room);

	if (status != CHANNEL_OK)
		return status;
	memcpy(room, &m->number, sizeof(m->number));
	memcpy((char *)room + sizeof(m->number), m->bytes, m->len);
	return runtime_lua_commit(ch, sizeof(m->number) + m->len);
}

/* As call_reply does it: a client in C takes a message whatever it waits for. */
static enum channel_status number_tell(struct channel *ch, const struct runtime_lua_numbered *m,
				       uint64_t deadline)
{
	enum channel_status status = number_send(ch, m, deadline);

	if (status == CHANNEL_OK)
		endpoint_nudge(ch);
	return status;
}

/* A reply to what came through the mailbox, of which this is still the last. */
static enum channel_status number_answer(struct channel *ch, const struct runtime_lua_numbered *m,
					 uint64_t deadline)
{
	enum channel_status status;

	if (m->len <= MAILBOX_MAX && !(m->number & CALL_FAILED))
		return mailbox_reply(ch, m->bytes, m->len);
	status = number_tell(ch, m, deadline);
	if (status == CHANNEL_OK)
		mailbox_answer(ch, MAILBOX_ELSEWHERE, NULL, 0);
	return status;
}

static enum channel_status number_post(struct channel *ch, const struct runtime_lua_numbered *m,
				       uint64_t deadline)
{
	uint64_t taken = ch->rx.serve.taken;

	if (taken && (m->number & ~CALL_FAILED) == runtime_lua_boxed_number(taken))
		return number_answer(ch, m, deadline);
	return number_tell(ch, m, deadline);
}

static struct runtime_lua_wait_item number_room(const struct runtime_lua_endpoint *e,
						const struct runtime_lua_numbered *m)
{
	return (struct runtime_lua_wait_item){
		.kind = RUNTIME_LUA_WAIT_ROOM,
		.ch = &e->ch,
		.len = sizeof(m->number) + m->len,
	};
}

enum channel_status runtime_lua_send_number(lua_State *L, const struct runtime_lua_endpoint *e,
					    const struct runtime_lua_numbered *m, uint64_t deadline,
					    lua_KFunction k)
{
	const struct runtime_lua_wait_item item = number_room(e, m);
	enum channel_status status;
	bool stopping = false;

	for (;;) {
		status = number_post(e->ch, m, runtime_lua_alone() ? deadline : CHANNEL_NOW);
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_one(L, &item, deadline, k);
	}
	return stopping ? CHANNEL_STOPPING : status;
}

enum channel_status runtime_lua_send_request(lua_State *L, struct runtime_lua_endpoint *e,
					     const struct runtime_lua_numbered *m,
					     uint64_t deadline, lua_KFunction k)
{
	struct runtime_lua_wait_item item = number_room(e, m);
	enum channel_status status;
	bool stopping = false;

	item.is_over = runtime_lua_replies_held;
	item.of = e;
	for (;;) {
		runtime_lua_view_refuse(L, e);
		status = number_send(e->ch, m, CHANNEL_NOW);
		if (status != CHANNEL_AGAIN || runtime_lua_wait_over(deadline, &stopping))
			break;
		runtime_lua_wait_one(L, &item, deadline, k);
	}
	return stopping ? CHANNEL_STOPPING : status;
}

bool runtime_lua_take_number(struct channel *ch, struct runtime_lua_numbered *m, uint64_t most)
{
	m->number = UINT64_MAX;
	if (m->len >= sizeof(m->number))
		memcpy(&m->number, m->bytes, sizeof(m->number));
	if ((m->number & most) != m->number) {
		channel_break(ch);
		return false;
	}
	m->bytes = (const char *)m->bytes + sizeof(m->number);
	m->len -= sizeof(m->number);
	return true;
}
