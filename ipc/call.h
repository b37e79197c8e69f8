/* SPDX-License-Identifier: MIT */
/*
 * Calls: requests and their replies over one channel, many at a time.
 *
 *   client                                server
 *   call_make(c, ...)                     call_receive(ch, &id, &msg, &len)
 *     or call_start(c, &call, ...)        channel_release(ch)
 *        call_wait(c, &call)              call_reply(ch, id, ...)
 *        call_drop(c, &call)
 *
 * A request goes through the mailbox (mailbox.h) where it is short enough, no other
 * call is using it, and the server has called call_receive once; else as a message.
 * The server gets requests in the order in which they were sent, either way;
 * replies may come in any order. Each message begins with 8 bytes, the number of the
 * call in the byte order of the machine, at most CALL_NUMBER. A server that is slow is
 * CHANNEL_AGAIN, at the deadline, and its late reply is thrown away. One that is
 * gone is CHANNEL_CLOSED, and channel_reason says how; one that could not do what was
 * asked is CHANNEL_FAILED, and the reply is its words on that. What is shorter than 8
 * bytes, or has another number, closes the channel with the reason "protocol error".
 *
 * Requests and calls end with their connection: where the channel was opened again
 * since, to answer and to wait is CHANNEL_CLOSED, and nothing is sent.
 *
 * A client belongs to one thread, and any number of its tasks (task.h) may be in
 * calls. Nothing else may use the client's end of the channel meanwhile.
 * Deadlines and what answers a wait are those of channel.h.
 */
#ifndef IPC_CALL_H
#define IPC_CALL_H

#include "ipc/channel.h"

#define CALL_BUCKETS 64 /* calls in flight may be more */

/* Numbers go round behind it, after a day of calls. */
#define CALL_NUMBER ((UINT64_C(1) << 40) - 1)

/* In the number of a reply: there is none, and the bytes say why, in words. */
#define CALL_FAILED (UINT64_C(1) << 62)

/* In the number of a call that went through the mailbox; the rest of it is the mailbox's. */
#define CALL_BOXED (UINT64_C(1) << 63)

struct task;

/* One call, in the caller's own memory. All of it belongs to the functions below but `length`. */
struct call {
	uint64_t id;
	void *reply;
	size_t size;
	size_t length;              /* of the reply, once there is one */
	enum channel_status status; /* CHANNEL_AGAIN: no reply yet */
	int boxed;                  /* it went through the mailbox, and its reply may come there */
	struct call *next;          /* in flight, in its bucket */
	struct call *behind;        /* at a gate */
	struct task *task;          /* that waits, there or with it */
};

struct call_gate {
	struct call *first; /* of those who wait for the one inside */
	int busy;
};

struct call_client {
	struct channel *ch;
	uint64_t last;       /* number of the last call */
	uint64_t late;       /* replies thrown away: nobody waited for them any more */
	uint64_t lost;       /* messages that are still to come for calls that were dropped */
	uint64_t boxed;      /* 0, or the call that was dropped and has the mailbox still */
	uint32_t connection; /* that the two above are about */
	struct call_gate sending, receiving;
	struct call *poster; /* waits for room, */
	struct call *boxer;  /* or for the mailbox: they look for messages, too */
	struct call *flight[CALL_BUCKETS];
};

/* Over this open endpoint. */
void call_client_init(struct call_client *c, struct channel *ch);

/*
 * Send a request of these parts, as many as there are. The reply, of at most size
 * bytes, goes to reply at some later call on the client, whatever that waits for: a
 * server that has no room for its replies holds up no further call. CHANNEL_OK: `call` is in flight
 * until call_drop, and it and reply are to stay where they are. Else it is not.
 */
enum channel_status call_start(struct call_client *c, struct call *call,
			       const struct channel_part *request, size_t parts, void *reply,
			       size_t size, uint64_t deadline);

/*
 * Wait for the reply of a call in flight. CHANNEL_AGAIN: not yet; one may wait
 * again. CHANNEL_TOO_BIG: it has call->length bytes, more than size. CHANNEL_FAILED:
 * it is text, of which reply has what fits.
 */
enum channel_status call_wait(struct call_client *c, struct call *call, uint64_t deadline);

/*
 * The call, which is the caller's again, is in flight no more; its reply, if it still comes,
 * is thrown away. Of one that is not in flight: nothing.
 */
void call_drop(struct call_client *c, struct call *call);

/* All three, with one deadline. *length has the reply's length. */
enum channel_status call_make(struct call_client *c, const void *request, size_t len, void *reply,
			      size_t size, size_t *length, uint64_t deadline);

/*
 * The next request, in place until channel_release, or until its reply, which may take its
 * place, if that comes first: bytes of the request may be the reply.
 */
enum channel_status call_receive(struct channel *ch, uint64_t deadline, uint64_t *id,
				 const void **request, size_t *len);

/*
 * Answer a request; any order, each at most once. Counts as sending on the endpoint.
 * CHANNEL_CLOSED: also a request of a connection before this one; CHANNEL_MISUSE: also
 * one whose endpoint was dropped (service.h).
 */
enum channel_status call_reply(struct channel *ch, uint64_t id, const void *reply, size_t len,
			       uint64_t deadline);

/* Answer that there is no reply: text says why. */
enum channel_status call_fail(struct channel *ch, uint64_t id, const char *text, uint64_t deadline);

#endif
