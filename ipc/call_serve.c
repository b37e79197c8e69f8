/* SPDX-License-Identifier: MIT */
/* Requests received, and answered. */
#include "ipc/call.h"

#include <string.h>

#include "ipc/call_id.h"

/* A request that came as a message. */
static enum channel_status call_unpack(struct channel *ch, uint64_t *id, const void **request,
				       size_t *len)
{
	uint64_t number = UINT64_MAX;

	if (*len >= sizeof(number))
		memcpy(&number, *request, sizeof(number));
	if (number > CALL_NUMBER) {
		channel_break(ch);
		return CHANNEL_CLOSED;
	}
	*id = call_id(ch, number);
	*request = (const unsigned char *)*request + sizeof(number);
	*len -= sizeof(number);
	return CHANNEL_OK;
}

enum channel_status call_receive(struct channel *ch, uint64_t deadline, uint64_t *id,
				 const void **request, size_t *len)
{
	bool boxed;
	enum channel_status status = mailbox_receive(ch, deadline, &boxed, request, len);

	if (status == CHANNEL_OK && !boxed)
		return call_unpack(ch, id, request, len);
	*id = call_id(ch, call_boxed_number(ch->rx.serve.number));
	return status;
}

/* Whether the request is the one that is in the mailbox. */
static bool call_is_boxed(const struct channel *ch, uint64_t number)
{
	uint64_t taken = __atomic_load_n(&ch->rx.serve.taken, __ATOMIC_RELAXED);

	return taken && number == call_boxed_number(mailbox_number(taken));
}

enum channel_status call_reply(struct channel *ch, uint64_t id, const void *reply, size_t len,
			       uint64_t deadline)
{
	uint64_t number = id & ~CALL_CONNECTION;
	const struct channel_part parts[] = {{&number, sizeof(number)}, {reply, len}};
	bool boxed = call_is_boxed(ch, number & ~CALL_FAILED);
	enum channel_status status;

	if (ring_rare(!call_is_here(ch, id)))
		return endpoint_ended(ch, ch->tx.reason);
	if (boxed && len <= MAILBOX_MAX && !(id & CALL_FAILED))
		return mailbox_reply(ch, reply, len);
	status = channel_sendv(ch, parts, 2, deadline);
	if (status != CHANNEL_OK)
		return status;
	endpoint_nudge(ch);
	if (boxed)
		mailbox_answer(ch, MAILBOX_ELSEWHERE, NULL, 0);
	return status;
}

enum channel_status call_fail(struct channel *ch, uint64_t id, const char *text, uint64_t deadline)
{
	return call_reply(ch, id | CALL_FAILED, text, strlen(text), deadline);
}
