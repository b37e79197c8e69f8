/* SPDX-License-Identifier: MIT */
/*
 * One end of a channel over two rings: what stands behind struct channel.
 *
 * tx belongs to the thread that sends, rx to the one that receives; they may be
 * two. A thread of one side never touches the other side's struct, only, when
 * the channel breaks, the flags in shared memory.
 */
#ifndef IPC_ENDPOINT_H
#define IPC_ENDPOINT_H

#include "ipc/ring.h"

/* How long the receiver stays away from a ring that it found empty. */
struct endpoint_pace {
	uint64_t received; /* messages up to the last time */
	unsigned pauses;
	unsigned times;
};

/* How often a side polls before it parks. */
struct endpoint_patience {
	unsigned polls;
	unsigned times;
};

struct channel {
	struct ring_sender tx __attribute__((aligned(RING_APART)));
	struct endpoint_patience tx_patience;
	struct ring_receiver rx __attribute__((aligned(RING_APART)));
	struct endpoint_patience rx_patience;
	struct endpoint_pace pace; /* the receiver's */
	const char *name;
	unsigned owner; /* index of a component */
	bool stopping;  /* the owner was asked to stop; news to its sleepers */
};

/* Both rings have begun, empty, at position start. */
void endpoint_init(struct channel *ch, const struct ring *tx, const struct ring *rx,
		   uint64_t start);

/* Send no more, unless that is so already; the peer reads this reason. */
void endpoint_finish(struct channel *ch, enum channel_reason reason);

/* Close both directions, each unless it already is. */
void endpoint_close(struct channel *ch, enum channel_reason reason);

/* Have the calls that wait for ever answer CHANNEL_STOPPING. On any thread. */
void endpoint_stop(struct channel *ch);

/* The receiver's flag, as loaded, says that it takes no more. Returns CHANNEL_CLOSED. */
enum channel_status endpoint_refused(struct channel *ch, uint32_t flag);

/* Hand consumed room back and wake a sender that waits for it. */
void endpoint_ack(struct channel *ch);

/* ring_reserve and ring_peek, with what their answers call for done. */
enum channel_status endpoint_reserve(struct channel *ch, size_t len, void **room);
enum channel_status endpoint_peek(struct channel *ch, const void **msg, size_t *len);

/* The same until there is another answer than CHANNEL_AGAIN or the deadline is past. */
enum channel_status endpoint_wait_room(struct channel *ch, size_t len, uint64_t deadline,
				       void **room);
enum channel_status endpoint_wait_message(struct channel *ch, uint64_t deadline, const void **msg,
					  size_t *len);

#endif
