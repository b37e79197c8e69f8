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
	unsigned times; /* since the last trial */
	unsigned every; /* so many times there is one */
	bool trial;     /* the last time was one */
};

/* How often a side polls before it parks. */
struct endpoint_patience {
	unsigned polls;
	unsigned times;
};

/* Two rings where nothing ever is and nothing fits: for an end that waits for its connection. */
struct endpoint_nowhere {
	struct ring_control controls[2];
	uint64_t words[2];
};

struct endpoint_attempt;

struct channel {
	struct ring_sender tx __attribute__((aligned(RING_APART)));
	struct endpoint_patience tx_patience;
	uint32_t tx_whom; /* of bell_set.h, the last that its flag was to tell */
	bool tx_waits;    /* the sender's: tx is nowhere, until `ready` */
	struct endpoint_patience call_patience;
	uint32_t call_whom;
	struct ring_receiver rx __attribute__((aligned(RING_APART)));
	struct endpoint_patience rx_patience;
	struct endpoint_pace pace; /* the receiver's */
	uint32_t rx_whom;
	bool rx_waits; /* the receiver's: rx is nowhere, until `ready` */
	/* The receiver's: what a set attempts where calls are served; else NULL. */
	enum channel_status (*serves)(struct endpoint_attempt *a);

	/* Constant. */
	struct ring tx_ring __attribute__((aligned(RING_APART)));
	struct ring rx_ring;
	const char *name;
	unsigned owner; /* index of a component */
	bool beside;    /* the peer is on the same core: constant while they are connected */

	/* Times it was joined to rings, or left some; written as endpoint_join says. */
	uint32_t connection;

	/* News to the owner's sleepers. */
	bool stopping; /* the owner was asked to stop */
	bool ready;    /* an end whose sides wait may join the rings; under the lock */

	struct endpoint_nowhere nowhere;
};

/* Both rings have begun, empty, at position start. */
void endpoint_init(struct channel *ch, const struct ring *tx, const struct ring *rx,
		   uint64_t start);

/*
 * For connection.h, with the lock held. endpoint_join, endpoint_connect,
 * endpoint_drop and endpoint_reset write both sides: no other thread may be in a call meanwhile.
 */

/* Begin both rings anew; nobody holds them. */
void endpoint_renew(struct channel *ch);

/* Join the rings that have begun anew. */
void endpoint_join(struct channel *ch);

/* Wait, nowhere, for rings to join. */
void endpoint_connect(struct channel *ch);

/* The owner has given the endpoint back: away from all rings, it is of no use until it joins some.
 */
void endpoint_drop(struct channel *ch);

/* No rings will come for an end that waits for them; on any thread. */
void endpoint_turn_away(struct channel *ch);

/* The rings have begun anew for an end that waits for them; on any thread. */
void endpoint_ready(struct channel *ch);

/* The owner begins a new life: counters at 0, not asked to stop. The sides stay closed. */
void endpoint_reset(struct channel *ch);

/* Close both directions in the place of an owner that has ended, at any instruction. */
void endpoint_bury(struct channel *ch, enum channel_reason reason);

/*
 * Have every bell that waits for this end look again: the peer may have ended
 * between taking its name off a flag and telling it, or the flags are new.
 */
void endpoint_rouse(const struct channel *ch);

/* Whether both directions are closed; whether the owner was told that one is. */
bool endpoint_closed(const struct channel *ch);
bool endpoint_told(const struct channel *ch);

/* Whether the end waits for its connection. */
bool endpoint_waits(const struct channel *ch);

/* Send no more, unless that is so already; the peer reads this reason. */
void endpoint_finish(struct channel *ch, enum channel_reason reason);

/* Close both directions, each unless it already is. */
void endpoint_close(struct channel *ch, enum channel_reason reason);

/*
 * A side has come to its end: where the peer is to blame, so has the other one.
 * What its calls answer.
 */
enum channel_status endpoint_ended(struct channel *ch, enum channel_reason reason);

/* Have the calls that wait for ever answer CHANNEL_STOPPING. On any thread. */
void endpoint_stop(struct channel *ch);

/* Wake the peer's thread that sleeps there, if one does, and count it. */
void endpoint_wake(uint32_t *flag, uint64_t *bells);

/*
 * Behind a message to a peer that takes messages whatever it waits for: wake its thread
 * that waits for room, or for the mailbox.
 */
void endpoint_nudge(struct channel *ch);

/* Join the rings, if the sender's side waits for them and they are ready; whether it did. */
bool endpoint_join_tx(struct channel *ch);

/* The receiver's flag, as loaded behind what was published: it may sleep, or have closed. */
enum channel_status endpoint_flagged(struct channel *ch, uint32_t flag);

/* The same, quicker in a guest where a receiver sleeps and that is all. */
enum channel_status endpoint_answer(struct channel *ch, uint32_t flag);

/* Publish the batch, which there is, and wake the receiver if it sleeps. */
enum channel_status endpoint_flush(struct channel *ch);

/* Hand consumed room back and wake a sender that waits for it. */
void endpoint_ack(struct channel *ch);

/* ring_reserve and ring_peek, with what their answers call for done. */
enum channel_status endpoint_reserve(struct channel *ch, size_t len, void **room);
enum channel_status endpoint_peek(struct channel *ch, const void **msg, size_t *len);

/*
 * Called before a sleep, and by when it says (CLOCK_MONOTONIC, ns; UINT64_MAX: never)
 * again: who waits has time to tidy up. Set before the first wait; by default
 * nothing is done.
 */
extern uint64_t (*endpoint_rest)(void);

/* What it said last to this thread, 0: to be asked; ask it. */
extern _Thread_local uint64_t endpoint_rest_said;
uint64_t endpoint_rest_ask(void);

/*
 * By when the thread is to wake up for that. Most sleeps are short, and the clock is
 * a system call in a guest, so the first sleep of a wait takes the time that was
 * said last, though it may be past; `again`: that one has brought nothing. A sender
 * of this core may be so quick that each first sleep brings something, hence
 * endpoint_rest_past: else each would set a timer that is past.
 */
static inline uint64_t endpoint_rest_by(bool again)
{
	uint64_t by = endpoint_rest_said;

	return ring_rare(again || !by) ? endpoint_rest_ask() : by;
}

/* A sleep has ended by its deadline: what was said last may be past, and is asked for anew. */
static inline void endpoint_rest_past(bool past)
{
	if (ring_rare(past))
		endpoint_rest_said = 0;
}

/*
 * Where the sender is on this core, in a guest: sleep until there is something to be
 * looked for, or the deadline is past. False where that is not so, and no time has
 * passed. Nothing is held of the receiver's side, nor has it ended.
 */
bool endpoint_nap(struct channel *ch, uint64_t deadline);

/* The next message, however long that takes: endpoint_peek and endpoint_wait_message. */
enum channel_status endpoint_receive(struct channel *ch, uint64_t deadline, const void **msg,
				     size_t *len);

/* The same until there is another answer than CHANNEL_AGAIN or the deadline is past. */
enum channel_status endpoint_wait_room(struct channel *ch, size_t len, uint64_t deadline,
				       void **room);
enum channel_status endpoint_wait_message(struct channel *ch, uint64_t deadline, const void **msg,
					  size_t *len);

/*
 * What is waited for: a message, or, where `room` is not NULL, room for one, or, where
 * `make` is not NULL, that function's answer. An attempt that has succeeded succeeds
 * again.
 */
struct endpoint_attempt {
	struct channel *ch;
	uint64_t deadline;
	uint64_t *parks;
	struct endpoint_patience *patience;
	const void **msg;
	size_t *msg_len;
	void **room;
	size_t room_len;
	enum channel_status (*make)(struct endpoint_attempt *a);
	const void *of; /* that function's own */
	bool calls;     /* for the mailbox's line to come back */
};

/* One attempt; CHANNEL_STOPPING where there is no use in another one. */
enum channel_status endpoint_try(struct endpoint_attempt *a);

/* Attempts until one succeeds, or the deadline, which is not CHANNEL_NOW, is past. */
enum channel_status endpoint_wait(struct endpoint_attempt *a);

/* Where this side sleeps; another place once it has joined the rings. */
uint32_t *endpoint_flag(const struct endpoint_attempt *a);

/* Where it notes whom of bell_set.h that flag was to tell last. */
uint32_t *endpoint_whom(const struct endpoint_attempt *a);

/* Let the sender run ahead, before a wait for a message. */
void endpoint_stay_away(struct channel *ch);

/*
 * How often to poll now. Polling is worth its time while it brings something,
 * and less each time it does not: endpoint_polled says which.
 */
unsigned endpoint_polls(struct endpoint_patience *p);
void endpoint_polled(struct endpoint_patience *p, unsigned polls, bool brought);

/* On a thread with tasks, what waits in the place of polling and sleeping; else NULL. */
extern _Thread_local enum channel_status (*endpoint_wait_as_task)(struct endpoint_attempt *a);

/* On such a thread, what it is to call last while its component goes on; else NULL. */
extern _Thread_local void (*endpoint_thread_ends)(void);

#endif
