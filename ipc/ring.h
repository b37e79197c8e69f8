/* SPDX-License-Identifier: MIT */
/*
 * The ring: one direction of a channel, one sender and one receiver.
 *
 * Memory of a power of two holds records, each an 8-byte header word and a
 * payload padded to 8 bytes, contiguous and never wrapped. Positions are
 * free-running 64-bit byte counts, compared by difference; a position modulo
 * the size is a place in the memory.
 *
 * The invariant: the word at the sender's cursor is 0 until the record that
 * begins there is published. To publish, the sender first stores 0 where the
 * next header will be and then store-releases this one. So a record announces
 * itself in its own first word, there is no shared producer index, payload left
 * from an earlier lap is never read as a header, and the closing record, which
 * is one word, always has room.
 *
 * Only the control block and the memory are shared. What is read there is read
 * once, checked, and then used: the peer may be broken.
 *
 * A thread of either side may be ended for good between any two instructions;
 * ring_sender_bury and ring_receiver_bury then close the ring in its place. What
 * they rely on: the cursor is stored behind the headers, so that from where it
 * was last stored the records lead to the word that is 0.
 *
 * A batch is several records that are published at once. The header of its first
 * one is withheld, in the sender's own struct, so the word where it belongs stays
 * 0; the others stand complete behind it, where no receiver gets. Here alone the
 * cursor is ahead, and goes back to that word if it is still 0. Storing the one
 * word publishes them all, and whoever ends before that has sent none of them.
 */
#ifndef IPC_RING_H
#define IPC_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/bell.h"
#include "ipc/channel.h"
#include "ipc/mailbox_line.h"

#define RING_MIN_BYTES (UINT64_C(4) << 10)
#define RING_MAX_BYTES (UINT64_C(64) << 20)

#define RING_WORD UINT64_C(8)
/* Two lines: the adjacent-line prefetcher couples them. */
#define RING_APART 128

/* The receiver hands room back in portions of the ring's size over this. */
#define RING_ACK_SHARE 8

/* The receiver claims consumed lines (ring_claim) this many bytes at a time. */
#define RING_CLAIM UINT64_C(512)
#define RING_LINE UINT64_C(64)
/* And no more than the last so many of a long message, which are still in the nearest cache. */
#define RING_CLAIM_MOST (UINT64_C(32) << 10)

/* Upper half of a header word. The lower half: DATA length, FIN reason, else 0. */
enum ring_kind {
	RING_NOTHING, /* not published yet */
	RING_DATA,
	RING_PAD, /* the next record is at the start of the memory */
	RING_FIN, /* there is no next record */
};

/* Besides BELL_PARKED in the receiver's and the caller's flag. Once set they stay. */
#define RING_CLOSED UINT32_C(2)
#define RING_REASON_SHIFT 2
#define RING_REASON_MASK UINT32_C(7) /* once shifted; above are bits of ipc/bell.h */

/*
 * Shared, in three groups. The receiver writes its position often and the sender
 * reads it seldom; the flags are read often and written only around a sleep.
 * The mailbox goes to and fro between a caller and a server.
 */
struct ring_control {
	uint64_t acked __attribute__((aligned(RING_APART))); /* the sender may overwrite up to it */
	struct {
		uint32_t receiver; /* sleeps for a message; RING_CLOSED | reason */
		uint32_t sender;   /* sleeps for room */
		uint32_t caller;   /* sleeps for the mailbox; RING_CLOSED | reason: no replies */
	} flag __attribute__((aligned(RING_APART)));
	struct mailbox_line mailbox __attribute__((aligned(RING_APART)));
};

struct ring {
	struct ring_control *control;
	void *memory; /* 8-byte aligned */
	uint64_t size;
};

/* Why a channel_writer may not publish a message by itself, if not 0. */
#define RING_BARRED 1      /* the side is closed, or not the writer's, or bell_look takes more */
#define RING_BARRED_ONCE 2 /* others are to be seen with it, or it ends with the memory */

/* The sending side's own. Counters and reason may be read by other threads. */
struct ring_sender {
	unsigned char *memory;
	struct ring_control *control;
	uint64_t size;
	uint64_t cursor;   /* position of the next header */
	uint64_t limit;    /* no record may end behind this position */
	uint64_t reserved; /* bytes of payload reserved, plus 1; 0 when none are */
	uint64_t withheld; /* the header of a batch's first record; 0 when there is no batch */
	uint64_t batch;    /* the position where it belongs */
	enum channel_reason reason;
	bool refused;   /* the reason is the receiver's, and the caller was told */
	bool streamed;  /* the side is a channel_writer's */
	uint8_t barred; /* RING_BARRED*: but may not publish by itself */
	struct mailbox_caller call;
	uint64_t sent, sent_bytes, parks, bells;
};

/* The receiving side's own. */
struct ring_receiver {
	unsigned char *memory;
	struct ring_control *control;
	uint64_t size;
	uint64_t cursor; /* position of the next header, or of the peeked one */
	uint64_t acked;  /* as last stored in the control block */
	uint64_t
		claimed; /* no line before this position is claimed any more; a multiple of lines */
	uint64_t due;    /* at this position there is something to claim or to hand back */
	uint64_t held;   /* bytes of the peeked record; 0 when there is none */
	uint64_t length; /* bytes of its payload */
	enum channel_reason reason;
	bool streamed; /* the side is a channel_reader's, and these are still its rings */
	struct mailbox_server serve;
	uint64_t received, received_bytes, parks, bells;
	uint64_t answer_bells; /* by whoever replies to calls */
};

/*
 * Begin an empty ring, whatever its memory holds; nobody may be using it. start,
 * a multiple of 8, is the first position; anything but 0 is for tests of the wrap.
 */
void ring_init(const struct ring *ring, uint64_t start);
void ring_sender_init(struct ring_sender *s, const struct ring *ring, uint64_t start);
void ring_receiver_init(struct ring_receiver *r, const struct ring *ring, uint64_t start);

/* Join a ring of the same size as the one before, begun at 0. The counters go on. */
void ring_sender_join(struct ring_sender *s, const struct ring *ring);
void ring_receiver_join(struct ring_receiver *r, const struct ring *ring);

/*
 * The calls below never wait. CHANNEL_CLOSED also sets the side's reason, and
 * the reason CHANNEL_PROTOCOL asks the caller to close the whole channel.
 */

/* What the inline calls leave over. */
enum channel_status ring_reserve_slow(struct ring_sender *s, size_t len, void **room);
enum channel_status ring_peek_slow(struct ring_receiver *r, uint64_t header, const void **msg,
				   size_t *len);

/* Publish what is withheld, then the closing record. Returns the receiver's flag. */
uint32_t ring_finish(struct ring_sender *s, enum channel_reason reason);

/* End the sending side, because the receiver's flag, as loaded, has RING_CLOSED. */
void ring_refused(struct ring_sender *s, uint32_t flag);

/* Refuse further messages; tells the sender through the flag. */
void ring_refuse(struct ring_receiver *r, enum channel_reason reason);

/*
 * Mark the ring as closed for both sides, or its calls as never to be answered, from
 * either side, on any thread. The first reason stays.
 */
void ring_mark_closed(struct ring_control *control, enum channel_reason reason);
void ring_mark_unanswered(struct ring_control *control, enum channel_reason reason);

/* What such a flag says. */
enum channel_reason ring_flag_reason(uint32_t flag);

/*
 * Close a side whose thread has ended, at whatever instruction, in its place.
 * What it published stays published, and a reason that it had given stays.
 */
void ring_sender_bury(struct ring_sender *s, enum channel_reason reason);
void ring_receiver_bury(struct ring_receiver *r, enum channel_reason reason);

/* Hand all consumed room back. Returns the sender's flag. */
uint32_t ring_ack(struct ring_receiver *r);

/*
 * Claim the lines that are consumed, each by storing a word of it as it is. A line
 * that the receiver has only read comes back to the sender's stores five times
 * slower than one that it has written, where the two are far apart: caches pass
 * modified lines on, but shared ones have to be looked up and invalidated. In a
 * dialogue this would only delay the answer, so an empty ring lets claims lapse.
 */
void ring_claim(struct ring_receiver *r);

/* Behind ring_release where something is due: claim. Whether a portion is to be handed back. */
bool ring_release_due(struct ring_receiver *r);

/*
 * Ask for the line of this address, to be written. By its name: for processors of any
 * kind a compiler asks for a line to be read, and a store then has to ask again.
 * Where the processor has no such instruction, or the address no memory, it is none.
 */
static inline void ring_ask(const void *at)
{
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)at));
}

static inline bool ring_rare(bool condition)
{
	return __builtin_expect(condition, 0);
}

/* Bytes of a record with a payload of len bytes; len must not be near SIZE_MAX. */
static inline uint64_t ring_record(uint64_t len)
{
	return (len + RING_WORD + 7) & ~UINT64_C(7);
}

/* Bytes of the largest payload: with its header it is half the ring. */
static inline uint64_t ring_max(uint64_t size)
{
	return size / 2 - RING_WORD;
}

static inline uint64_t ring_header(enum ring_kind kind, uint32_t value)
{
	return (uint64_t)kind << 32 | value;
}

static inline uint64_t *ring_word(unsigned char *memory, uint64_t size, uint64_t position)
{
	return (uint64_t *)(void *)(memory + (position & (size - 1)));
}

/* Bytes from a position to the end of the memory; at least one word. */
static inline uint64_t ring_tail(uint64_t size, uint64_t position)
{
	return size - (position & (size - 1));
}

/* Claims the line that ends behind this word, which is the receiver's until it is handed back. */
static inline void ring_claim_word(uint64_t *word)
{
	__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* Counters have one writer; readers on other threads may lag behind. */
static inline void ring_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/*
 * P1 of each record: its header, released. Pairs with P2 in ring_peek and
 * orders the payload, and the 0 behind it, before the header. The fence keeps
 * the compiler from storing the cursor first: ring_sender_bury could then not
 * find the header, and the receiver not the closing record.
 */
static inline void ring_publish(struct ring_sender *s, uint64_t header, uint64_t bytes)
{
	uint64_t next = s->cursor + bytes;

	__atomic_store_n(ring_word(s->memory, s->size, next), 0, __ATOMIC_RELAXED);
	__atomic_store_n(ring_word(s->memory, s->size, s->cursor), header, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	s->cursor = next;
}

/*
 * Append a record to the batch, or begin one with it. `withheld` is stored
 * before the cursor, lest ring_sender_bury take the batch for published.
 */
static inline void ring_withhold(struct ring_sender *s, uint64_t header, uint64_t bytes)
{
	uint64_t next = s->cursor + bytes;

	__atomic_store_n(ring_word(s->memory, s->size, next), 0, __ATOMIC_RELAXED);
	if (s->withheld) {
		__atomic_store_n(ring_word(s->memory, s->size, s->cursor), header,
				 __ATOMIC_RELAXED);
	} else {
		s->batch = s->cursor;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		s->withheld = header;
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	s->cursor = next;
}

/* P1 of a whole batch, which there is. Returns the receiver's flag. */
static inline uint32_t ring_flush(struct ring_sender *s)
{
	__atomic_store_n(ring_word(s->memory, s->size, s->batch), s->withheld, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	s->withheld = 0;
	return bell_look(&s->control->flag.receiver);
}

/* Room for len bytes, or CHANNEL_AGAIN. */
static inline enum channel_status ring_reserve(struct ring_sender *s, size_t len, void **room)
{
	uint64_t tail = ring_tail(s->size, s->cursor), free = s->limit - s->cursor;
	uint32_t flag = __atomic_load_n(&s->control->flag.receiver, __ATOMIC_RELAXED);

	if (ring_rare(len > ring_max(s->size)))
		return CHANNEL_TOO_BIG;
	if (ring_rare(ring_record(len) > (tail < free ? tail : free) || flag & RING_CLOSED))
		return ring_reserve_slow(s, len, room);
	s->reserved = len + 1;
	*room = ring_word(s->memory, s->size, s->cursor) + 1;
	return CHANNEL_OK;
}

/* Publish the len bytes in the room reserved, at most as many. Returns the receiver's flag. */
static inline uint32_t ring_commit(struct ring_sender *s, size_t len)
{
	ring_publish(s, ring_header(RING_DATA, (uint32_t)len), ring_record(len));
	s->reserved = 0;
	ring_count(&s->sent, 1);
	ring_count(&s->sent_bytes, len);
	return bell_look(&s->control->flag.receiver);
}

/* The same, but as part of a batch. */
static inline void ring_commit_quiet(struct ring_sender *s, size_t len)
{
	ring_withhold(s, ring_header(RING_DATA, (uint32_t)len), ring_record(len));
	s->reserved = 0;
	ring_count(&s->sent, 1);
	ring_count(&s->sent_bytes, len);
}

/* Take what a header says to be a message, if it can be one. */
static inline bool ring_hold(struct ring_receiver *r, uint64_t header, const void **msg,
			     size_t *len)
{
	uint64_t length = (uint32_t)header, record = ring_record(length);
	uint64_t tail = ring_tail(r->size, r->cursor);

	if (ring_rare(header >> 32 != RING_DATA || record > tail || record > r->size / 2))
		return false;
	r->held = record;
	r->length = length;
	*msg = ring_word(r->memory, r->size, r->cursor) + 1;
	*len = length;
	return true;
}

/* P2 of ring_publish: the next header, or 0. Acquires what P1 released. */
static inline uint64_t ring_next(const struct ring_receiver *r)
{
	return __atomic_load_n(ring_word(r->memory, r->size, r->cursor), __ATOMIC_ACQUIRE);
}

/* The next message, if it is there and nothing else is to be said. */
static inline bool ring_peek_now(struct ring_receiver *r, const void **msg, size_t *len)
{
	return !ring_rare(r->held || r->reason) && ring_hold(r, ring_next(r), msg, len);
}

/* The next message, or CHANNEL_AGAIN. */
static inline enum channel_status ring_peek(struct ring_receiver *r, const void **msg, size_t *len)
{
	uint64_t header = 0;

	if (!ring_rare(r->held || r->reason)) {
		header = ring_next(r);
		if (!ring_rare(!ring_hold(r, header, msg, len)))
			return CHANNEL_OK;
	}
	return ring_peek_slow(r, header, msg, len);
}

/* Let go of the peeked message. Whether a whole portion of room is to be handed back. */
static inline bool ring_release(struct ring_receiver *r)
{
	r->cursor += r->held;
	r->held = 0;
	ring_count(&r->received, 1);
	ring_count(&r->received_bytes, r->length);
	return ring_rare((int64_t)(r->cursor - r->due) >= 0) && ring_release_due(r);
}

#endif
