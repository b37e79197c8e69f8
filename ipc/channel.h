/* SPDX-License-Identifier: MIT */
/*
 * Channels: bounded, ordered, two-way message connections between components.
 *
 * A channel joins two endpoints, each owned by one component. A message is
 * delivered whole, once and in order, or the channel is closed. Capacity is
 * fixed; a full ring makes the sender wait. One thread at a time may send on an
 * endpoint and one may receive; they may be two.
 *
 *   sender                           receiver
 *   channel_reserve, channel_commit  channel_peek, channel_release   in place
 *   channel_send, channel_sendv      channel_recv                    by copy
 *   channel_commit_quiet, channel_flush                              in batches
 *   channel_finish                                                   half-close
 *   channel_close                    channel_close                   both ways
 *
 * Deadlines are absolute CLOCK_MONOTONIC times in nanoseconds, such as monotonic_now() +
 * MONOTONIC_SECOND of <ipc/monotonic.h>. CHANNEL_FOREVER
 * waits as long as it takes, CHANNEL_NOW never waits, nor does a call without a
 * deadline. Once its component has been asked to stop, a call that would have to wait
 * for ever answers CHANNEL_STOPPING; waits with a deadline go on. Only a call that has
 * to wait, or to wake a peer that does, makes a system call; none allocates.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define CHANNEL_NOW UINT64_C(0)
#define CHANNEL_FOREVER UINT64_MAX

struct channel; /* one endpoint */

enum channel_status {
	CHANNEL_OK,
	CHANNEL_AGAIN,     /* nothing there, or no room, and the deadline is past */
	CHANNEL_CLOSED,    /* no message will ever pass; channel_reason says why */
	CHANNEL_TOO_BIG,   /* longer than channel_max, or than the caller's buffer */
	CHANNEL_MISUSE,    /* not allowed in this state, as commit without reserve; dropped */
	CHANNEL_STOPPING,  /* would wait for ever, but the component was asked to stop */
	CHANNEL_CANCELLED, /* would wait, but the task was cancelled (task.h) */
	CHANNEL_FAILED,    /* of a call (call.h): the server says that it failed */
};

enum channel_reason {
	CHANNEL_OPEN,       /* not closed */
	CHANNEL_FINISHED,   /* the peer, or this side, closed it or ended well */
	CHANNEL_PEER_DIED,  /* the peer ended with a failure */
	CHANNEL_PROTOCOL,   /* the peer wrote what no correct peer writes */
	CHANNEL_CONNECTING, /* not closed: the peer has not yet let go of the connection before */
	CHANNEL_DROPPED,    /* this side gave the endpoint back (service.h) */
};

struct channel_stats {
	uint64_t sent, sent_bytes;
	uint64_t received, received_bytes;
	uint64_t parks, bells; /* times this side slept; times it woke the peer */
};

/*
 * The calling component's endpoint of the channel that the manifest names so,
 * or NULL with errno ENOENT (no such channel), EACCES (not this component's) or
 * ECONNREFUSED (the peer has ended and will not be started again).
 *
 * It belongs to the container and is the same one every time. Opening again
 * changes nothing, unless the endpoint is closed both ways, or the peer has
 * ended or closed and opened again and this component was told so by
 * CHANNEL_CLOSED: then it begins a new connection, for which no other thread may
 * be in a call on the endpoint. Messages of the connection before that were not
 * received are lost.
 *
 * A connection begins when both ends have let go of the one before. Where the
 * peer is still to be started again, what is sent waits in the ring for it.
 * Where the peer has not opened again yet, this end is CHANNEL_CONNECTING: its
 * calls wait, or answer CHANNEL_AGAIN, as if there were no room and no message.
 */
struct channel *channel_open(const char *name);

/* As in the manifest. The text lasts as long as the image. */
const char *channel_name(const struct channel *ch);

/* Bytes of the largest message this endpoint can send. */
size_t channel_max(const struct channel *ch);

/*
 * Room for a message of up to len bytes (0 is a message too), in the ring
 * itself, 8-byte aligned, until channel_commit says how many of them it has
 * (at most len). The peer sees nothing before. A second reserve without a
 * commit between replaces the first. channel_commit answers CHANNEL_OK,
 * CHANNEL_CLOSED where the peer takes no more by now, and may or may not have taken
 * this one before, or CHANNEL_MISUSE: nothing is reserved, or less than len.
 */
enum channel_status channel_reserve(struct channel *ch, size_t len, uint64_t deadline, void **room);
enum channel_status channel_commit(struct channel *ch, size_t len);

/*
 * channel_commit without publishing: this message and what follows it are a
 * batch, which the peer sees, in order and all at once, at channel_flush, at the
 * next channel_commit or channel_send, when a reserve finds no room, or when this
 * side finishes. A component that dies before that has sent none of the batch.
 * It never wakes the peer, and a flush wakes it once. Answers as channel_commit does;
 * a flush of nothing is no misuse.
 */
enum channel_status channel_commit_quiet(struct channel *ch, size_t len);
enum channel_status channel_flush(struct channel *ch);

/*
 * The next message, in the ring itself, 8-byte aligned, until channel_release.
 * Peeking again without a release gives the same one. The peer of another
 * transport may still write to it: copy what you validate. A release of nothing is
 * CHANNEL_MISUSE.
 */
enum channel_status channel_peek(struct channel *ch, uint64_t deadline, const void **msg,
				 size_t *len);
enum channel_status channel_release(struct channel *ch);

/* Send a copy of len bytes. Answers as channel_reserve and channel_commit do. */
enum channel_status channel_send(struct channel *ch, const void *msg, size_t len,
				 uint64_t deadline);

struct channel_part {
	const void *bytes;
	size_t size;
};

/* Send one message, a copy of these parts one behind the other; count may be 0. */
enum channel_status channel_sendv(struct channel *ch, const struct channel_part *parts,
				  size_t count, uint64_t deadline);

/*
 * Copy the next message to buf. *len has its length. When it is longer than
 * size the answer is CHANNEL_TOO_BIG and the message stays in the ring.
 */
enum channel_status channel_recv(struct channel *ch, void *buf, size_t size, size_t *len,
				 uint64_t deadline);

/* Send no more. The peer reads what was sent, then sees CHANNEL_CLOSED. */
void channel_finish(struct channel *ch);

/* Send and receive no more; messages not yet received are lost. Idempotent. */
void channel_close(struct channel *ch);

/*
 * The same, because the peer sent what it must not: both ends' reason is
 * CHANNEL_PROTOCOL, but for a direction that had ended before. What this end sent before
 * can still be read.
 */
void channel_break(struct channel *ch);

/* Why receiving (or, where only that is closed, sending) came to its end. */
enum channel_reason channel_reason(const struct channel *ch);

/*
 * What passed here since this component began its life, over all connections; on an
 * endpoint of a service (service.h), since it was given. Any thread may ask; counters
 * that change meanwhile need not be of one moment.
 */
void channel_stats(const struct channel *ch, struct channel_stats *out);

/* One lower-case phrase for each value. */
const char *channel_status_text(enum channel_status status);
const char *channel_reason_text(enum channel_reason reason);

#endif
