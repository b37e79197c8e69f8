/* SPDX-License-Identifier: MIT */
/*
 * The mailbox: short calls through one line of memory, faster than two messages.
 *
 *   caller                                 server
 *   mailbox_call(ch, ...)                  mailbox_receive(ch, ..., &request, &msg, &len)
 *     or mailbox_start(ch, ...)              mailbox_reply(ch, ...)   of a request
 *        mailbox_wait(ch, ...)               channel_release(ch)      of a message
 *        mailbox_drop(ch)
 *
 * Either end of a channel may call, and either may serve: each direction has one
 * line for requests and their replies, of up to MAILBOX_MAX bytes. A call takes
 * its place among the messages sent on its endpoint: the server gets it behind
 * those sent before, ahead of those sent later. Its reply is not held up by
 * messages on their way back.
 *
 * One call is under way in a direction at a time. call.h shares the line among any
 * number of calls, and sends by the ring what is too long for it or comes while it is
 * in use: it is what most callers and servers want.
 *
 * To start, to wait and to drop count as sending on the endpoint, to receive as
 * receiving; a reply may be given on either thread. No channel_writer may be open
 * on a caller's endpoint, no channel_reader on a server's. Deadlines and what
 * answers a wait are those of channel.h. While both sides are awake there is no
 * system call and no full fence.
 */
#ifndef IPC_MAILBOX_H
#define IPC_MAILBOX_H

#include <stdbool.h>

#include "ipc/channel.h"

#define MAILBOX_MAX 48 /* bytes of a request, and of a reply */

/*
 * Send a request of len bytes. CHANNEL_OK: the call is under way until mailbox_wait
 * gives its reply, or mailbox_drop. Waits for a server that has not yet begun to
 * receive, and for one that still has the request of a call that was dropped. A
 * batch is flushed before. CHANNEL_TOO_BIG: more than MAILBOX_MAX.
 * CHANNEL_MISUSE: one is under way.
 */
enum channel_status mailbox_start(struct channel *ch, const void *request, size_t len,
				  uint64_t deadline);

/*
 * The reply of the call under way, of *length bytes, which ends it. CHANNEL_AGAIN: not
 * yet; one may wait again. CHANNEL_TOO_BIG, which ends it too: longer than size, then
 * *length says how long, or than the line, then *length is 0. CHANNEL_CLOSED: the
 * server is gone, or sends no more. CHANNEL_MISUSE: none is under way.
 */
enum channel_status mailbox_wait(struct channel *ch, void *reply, size_t size, size_t *length,
				 uint64_t deadline);

/* End the call, if one is under way; its reply, if it still comes, is thrown away. */
void mailbox_drop(struct channel *ch);

/* All three, with one deadline. The server may have received a request that got no reply. */
enum channel_status mailbox_call(struct channel *ch, const void *request, size_t len, void *reply,
				 size_t size, size_t *length, uint64_t deadline);

/*
 * The next request or message, in place; *request says which. A request is there
 * once, its bytes until mailbox_reply, 8-byte aligned; for a message this is
 * channel_peek. The peer may still write to either: copy what you validate.
 *
 * The first of these calls, CHANNEL_NOW or not, opens the mailbox, for all
 * connections of the endpoint; channel_set_receive of set.h is then ready for requests,
 * too. An end that has begun so has to go on, or calls wait in vain.
 */
enum channel_status mailbox_receive(struct channel *ch, uint64_t deadline, bool *request,
				    const void **msg, size_t *len);

/*
 * Answer the request received last; never waits. The reply may be bytes of the
 * request. CHANNEL_OK also where nobody waits for it any more. CHANNEL_TOO_BIG: more than
 * MAILBOX_MAX. CHANNEL_CLOSED: this end sends no more. CHANNEL_MISUSE: there is none, or
 * it has its answer.
 */
enum channel_status mailbox_reply(struct channel *ch, const void *reply, size_t len);

#endif
