/* SPDX-License-Identifier: MIT */
/*
 * What the headers that the packer writes from a channel's contract are made of.
 *
 * A component includes NAME.h and calls NAME_open (of a service NAME_connect, or
 * NAME_listen and NAME_accept), NAME_send_MESSAGE, NAME_peek and NAME_release. The layout is the
 * one of container/tool/contract.lua: little-endian, as this machine is, without padding. What is
 * received may be hostile and change while it is read: every field is loaded once, then judged.
 */
#ifndef RUNTIMES_C_CONTRACT_H
#define RUNTIMES_C_CONTRACT_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "ipc/channel.h"

/* One end of a channel with a contract. */
struct contract {
	struct channel *channel;
	unsigned state, next;       /* in the contract's order; next once a message is released */
	enum channel_status status; /* of the last call */
	const char *refusal;        /* how a message broke the contract; NULL while none has */
};

struct contract_string {
	const char *bytes; /* not ended by a NUL */
	size_t length;
};

/* The string of this C string, which it is part of. */
static inline struct contract_string contract_text(const char *text)
{
	return (struct contract_string){text, strlen(text)};
}

/* False: there is no endpoint. */
static inline bool contract_begin(struct contract *c, struct channel *ch)
{
	*c = (struct contract){.channel = ch};
	return ch != NULL;
}

/* False: errno is channel_open's. */
static inline bool contract_open(struct contract *c, const char *name)
{
	return contract_begin(c, channel_open(name));
}

/* The caller's message is not the contract's: CHANNEL_MISUSE, and nothing is sent. */
static inline enum channel_status contract_refuse(struct contract *c, const char *refusal)
{
	c->refusal = refusal;
	return c->status = CHANNEL_MISUSE;
}

/* The peer's message is not: CHANNEL_CLOSED, for both ends, as a protocol error. */
static inline enum channel_status contract_break(struct contract *c, const char *refusal)
{
	channel_break(c->channel);
	c->refusal = refusal;
	return c->status = CHANNEL_CLOSED;
}

static inline enum channel_status contract_reserve(struct contract *c, size_t length,
						   uint64_t deadline, unsigned char **room)
{
	void *at = NULL;

	c->status = channel_reserve(c->channel, length, deadline, &at);
	*room = at;
	return c->status;
}

static inline enum channel_status contract_commit(struct contract *c, size_t length, unsigned next)
{
	c->status = channel_commit(c->channel, length);
	if (c->status == CHANNEL_OK)
		c->state = next;
	return c->status;
}

#define contract_put(room, offset, value)                                                          \
	do {                                                                                       \
		__typeof__(value) contract_value = (value);                                        \
		memcpy((room) + (offset), &contract_value, sizeof(contract_value));                \
	} while (0)

/* Returns the place behind it. */
static inline unsigned char *contract_put_string(unsigned char *room, struct contract_string string)
{
	if (string.length)
		memcpy(room, string.bytes, string.length);
	return room + string.length;
}

/* A message and its tag. */
static inline enum channel_status contract_peek(struct contract *c, uint64_t deadline,
						const unsigned char **bytes, size_t *length,
						uint32_t *tag)
{
	const void *msg = NULL;

	c->status = channel_peek(c->channel, deadline, &msg, length);
	*bytes = msg;
	*tag = 0;
	if (c->status != CHANNEL_OK)
		return c->status;
	if (*length < sizeof(*tag))
		return contract_break(c, "received a message that is shorter than its tag");
	memcpy(tag, msg, sizeof(*tag));
	return CHANNEL_OK;
}

#define contract_get(bytes, offset, member) memcpy(&(member), (bytes) + (offset), sizeof(member))

static inline bool contract_get_bool(const unsigned char *bytes, size_t offset, bool *value)
{
	unsigned char byte;

	memcpy(&byte, bytes + offset, 1);
	*value = byte == 1;
	return byte <= 1;
}

/* The string whose length is at offset and whose bytes are at *at, which moves behind them. */
static inline bool contract_get_string(const unsigned char *bytes, size_t length, size_t offset,
				       size_t max, size_t *at, struct contract_string *string)
{
	uint32_t count;

	memcpy(&count, bytes + offset, sizeof(count));
	if (count > max || count > length - *at)
		return false;
	*string = (struct contract_string){(const char *)bytes + *at, count};
	*at += count;
	return true;
}

/* The message is good; released, it leads to the state `next`. */
static inline enum channel_status contract_hold(struct contract *c, unsigned next)
{
	c->next = next;
	return c->status = CHANNEL_OK;
}

static inline enum channel_status contract_release(struct contract *c)
{
	c->status = channel_release(c->channel);
	if (c->status == CHANNEL_OK)
		c->state = c->next;
	return c->status;
}

#endif
