/* SPDX-License-Identifier: MIT */
/* What client and server of call.h know a call by. */
#ifndef IPC_CALL_ID_H
#define IPC_CALL_ID_H

#include "ipc/call.h"
#include "ipc/endpoint.h"

/*
 * An id is a number and, in bits that it has not set in a message, the connection that
 * it belongs to, as each end counts them by itself: it goes round after two million.
 */
#define CALL_CONNECTION (CALL_FAILED - 1 - CALL_NUMBER)

static inline uint64_t call_id(const struct channel *ch, uint64_t number)
{
	return number | (ch->connection * (CALL_NUMBER + 1) & CALL_CONNECTION);
}

static inline bool call_is_here(const struct channel *ch, uint64_t id)
{
	return call_id(ch, id & ~CALL_CONNECTION) == id;
}

/* Of the call with this number of the mailbox. */
static inline uint64_t call_boxed_number(uint64_t mailbox)
{
	return CALL_BOXED | (mailbox & CALL_NUMBER);
}

#endif
