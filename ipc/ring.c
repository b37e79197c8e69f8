/* SPDX-License-Identifier: MIT */
/* The ring's rare moments: beginning, end of the memory, end of the room, close. */
#include "ipc/ring.h"

_Static_assert(sizeof(struct ring_control) == 3 * RING_APART, "three groups, apart");
_Static_assert(sizeof(struct mailbox_line) == 64, "one line");
_Static_assert(RING_MAX_BYTES / 2 <= UINT32_MAX, "a length fits half a header");

static void ring_sender_end(struct ring_sender *s, enum channel_reason reason)
{
	s->reserved = 0;
	s->withheld = 0;
	s->limit = s->cursor; /* no room: every reserve takes the slow path */
	__atomic_store_n(&s->barred, RING_BARRED, __ATOMIC_RELAXED);
	__atomic_store_n(&s->reason, reason, __ATOMIC_RELAXED);
}

static void ring_receiver_end(struct ring_receiver *r, enum channel_reason reason)
{
	r->held = 0;
	__atomic_store_n(&r->reason, reason, __ATOMIC_RELAXED);
}

/* A reason as the peer wrote it. */
static enum channel_reason ring_peer_reason(uint32_t value)
{
	bool known = value == CHANNEL_FINISHED || value == CHANNEL_PEER_DIED;

	return known ? (enum channel_reason)value : CHANNEL_PROTOCOL;
}

enum channel_reason ring_flag_reason(uint32_t flag)
{
	return ring_peer_reason(flag >> RING_REASON_SHIFT & RING_REASON_MASK);
}

void ring_init(const struct ring *ring, uint64_t start)
{
	__atomic_store_n(&ring->control->acked, start, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->control->flag.receiver, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->control->flag.sender, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->control->flag.caller, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->control->mailbox.word, 0, __ATOMIC_RELAXED);
	__atomic_store_n(ring_word(ring->memory, ring->size, start), 0, __ATOMIC_RELEASE);
}

void ring_sender_init(struct ring_sender *s, const struct ring *ring, uint64_t start)
{
	*s = (struct ring_sender){
		.memory = ring->memory,
		.control = ring->control,
		.size = ring->size,
		.cursor = start,
		.limit = start + ring->size - RING_WORD,
	};
}

void ring_sender_join(struct ring_sender *s, const struct ring *ring)
{
	s->memory = ring->memory;
	s->control = ring->control;
	s->cursor = 0;
	s->limit = s->size - RING_WORD;
	s->reserved = 0;
	s->withheld = 0;
	s->streamed = false;
	__atomic_store_n(&s->barred, RING_BARRED, __ATOMIC_RELAXED);
	s->call.word = 0;
	s->call.calling = false;
	__atomic_store_n(&s->call.reason, CHANNEL_OPEN, __ATOMIC_RELAXED);
	__atomic_store_n(&s->refused, false, __ATOMIC_RELAXED);
	__atomic_store_n(&s->reason, CHANNEL_OPEN, __ATOMIC_RELAXED);
}

static uint64_t ring_line(uint64_t position)
{
	return position & ~(RING_LINE - 1);
}

/* Behind a change of what is claimed or handed back. */
static void ring_next_due(struct ring_receiver *r)
{
	uint64_t claim = r->claimed + RING_CLAIM, ack = r->acked + r->size / RING_ACK_SHARE;

	r->due = (int64_t)(ack - claim) < 0 ? ack : claim;
}

/* What was consumed before is not claimed. */
static void ring_lapse(struct ring_receiver *r)
{
	r->claimed = ring_line(r->cursor);
	ring_next_due(r);
}

void ring_receiver_init(struct ring_receiver *r, const struct ring *ring, uint64_t start)
{
	*r = (struct ring_receiver){
		.memory = ring->memory,
		.control = ring->control,
		.size = ring->size,
		.cursor = start,
		.acked = start,
	};
	ring_lapse(r);
}

void ring_receiver_join(struct ring_receiver *r, const struct ring *ring)
{
	r->memory = ring->memory;
	r->control = ring->control;
	r->cursor = r->acked = 0;
	r->held = 0;
	r->streamed = false;
	ring_lapse(r);
	r->serve = (struct mailbox_server){0};
	__atomic_store_n(&r->reason, CHANNEL_OPEN, __ATOMIC_RELAXED);
}

/*
 * R2: acquires what R1 in ring_ack released, so that the receiver's last reads
 * of the room come before it is written again. False if no correct receiver
 * would be there.
 */
static bool ring_refresh(struct ring_sender *s)
{
	uint64_t before = s->limit - (s->size - RING_WORD);
	uint64_t acked = __atomic_load_n(&s->control->acked, __ATOMIC_ACQUIRE);

	if (acked - before > s->cursor - before || acked % RING_WORD)
		return false;
	/* The zero word behind the last record is the sender's too. */
	s->limit = acked + s->size - RING_WORD;
	return true;
}

void ring_refused(struct ring_sender *s, uint32_t flag)
{
	__atomic_store_n(&s->refused, true, __ATOMIC_RELAXED);
	ring_sender_end(s, ring_flag_reason(flag));
}

static void ring_pad(struct ring_sender *s, uint64_t tail)
{
	if (s->withheld)
		ring_withhold(s, ring_header(RING_PAD, 0), tail);
	else
		ring_publish(s, ring_header(RING_PAD, 0), tail);
}

enum channel_status ring_reserve_slow(struct ring_sender *s, size_t len, void **room)
{
	uint32_t flag = __atomic_load_n(&s->control->flag.receiver, __ATOMIC_ACQUIRE);
	uint64_t tail = ring_tail(s->size, s->cursor), record = ring_record(len);
	uint64_t need = record <= tail ? record : tail + record;

	if (s->reason)
		return CHANNEL_CLOSED;
	if (flag & RING_CLOSED)
		ring_refused(s, flag);
	else if (need > s->limit - s->cursor && !ring_refresh(s))
		ring_sender_end(s, CHANNEL_PROTOCOL);
	if (s->reason)
		return CHANNEL_CLOSED;
	s->reserved = 0;
	if (need > s->limit - s->cursor)
		return CHANNEL_AGAIN;
	if (record > tail)
		ring_pad(s, tail);
	s->reserved = len + 1;
	*room = ring_word(s->memory, s->size, s->cursor) + 1;
	return CHANNEL_OK;
}

/* Bytes of the record with this header, as the sender itself may have published it, or 0. */
static uint64_t ring_published(const struct ring_sender *s, uint64_t header)
{
	uint64_t tail = ring_tail(s->size, s->cursor), free = s->limit - s->cursor;
	uint64_t record = ring_record((uint32_t)header);

	if (header == ring_header(RING_PAD, 0))
		return tail <= free ? tail : 0;
	tail = tail < free ? tail : free;
	return header >> 32 == RING_DATA && record <= tail && record <= s->size / 2 ? record : 0;
}

/* The cursor was stored before the last records were published: go on behind them. */
static void ring_sender_catch_up(struct ring_sender *s)
{
	const uint64_t *word;
	uint64_t record;

	do {
		word = ring_word(s->memory, s->size, s->cursor);
		record = ring_published(s, __atomic_load_n(word, __ATOMIC_RELAXED));
		s->cursor += record;
	} while (record);
}

uint32_t ring_finish(struct ring_sender *s, enum channel_reason reason)
{
	if (s->withheld)
		ring_flush(s);
	ring_sender_catch_up(s);
	/* The word is 0 and the sender's own: no room is needed, and none behind it. */
	__atomic_store_n(ring_word(s->memory, s->size, s->cursor), ring_header(RING_FIN, reason),
			 __ATOMIC_RELEASE);
	ring_sender_end(s, reason);
	return bell_look(&s->control->flag.receiver);
}

static void ring_mark(uint32_t *where, enum channel_reason reason)
{
	uint32_t closed = RING_CLOSED | (uint32_t)reason << RING_REASON_SHIFT;
	uint32_t flag = __atomic_load_n(where, __ATOMIC_RELAXED);

	/* Two reasons in one flag would make a third. */
	while (!(flag & RING_CLOSED) &&
	       !__atomic_compare_exchange_n(where, &flag, flag | closed, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

void ring_mark_closed(struct ring_control *control, enum channel_reason reason)
{
	ring_mark(&control->flag.receiver, reason);
}

void ring_mark_unanswered(struct ring_control *control, enum channel_reason reason)
{
	ring_mark(&control->flag.caller, reason);
}

/* A batch that was not published goes; one that was is no batch any more. */
static void ring_bury_batch(struct ring_sender *s)
{
	const uint64_t *word = ring_word(s->memory, s->size, s->batch);

	if (s->withheld && !__atomic_load_n(word, __ATOMIC_RELAXED))
		s->cursor = s->batch;
	s->withheld = 0;
}

void ring_sender_bury(struct ring_sender *s, enum channel_reason reason)
{
	uint64_t *word;

	reason = s->reason ? s->reason : reason;
	ring_bury_batch(s);
	ring_sender_catch_up(s);
	word = ring_word(s->memory, s->size, s->cursor);
	/* Nothing, or its own closing record; anything else is not a sender's doing. */
	if (__atomic_load_n(word, __ATOMIC_RELAXED) >> 32 == RING_NOTHING)
		__atomic_store_n(word, ring_header(RING_FIN, reason), __ATOMIC_RELEASE);
	else if (__atomic_load_n(word, __ATOMIC_RELAXED) >> 32 != RING_FIN)
		ring_mark_closed(s->control, CHANNEL_PROTOCOL);
	ring_sender_end(s, reason);
}

void ring_receiver_bury(struct ring_receiver *r, enum channel_reason reason)
{
	ring_refuse(r, r->reason ? r->reason : reason);
}

void ring_refuse(struct ring_receiver *r, enum channel_reason reason)
{
	ring_receiver_end(r, reason);
	ring_mark_closed(r->control, reason);
}

/* The last word of a line is consumed later than all others, and handed back later. */
void ring_claim(struct ring_receiver *r)
{
	uint64_t end = ring_line(r->cursor), line = r->claimed;

	if (end - line > RING_CLAIM_MOST)
		line = end - RING_CLAIM_MOST;
	for (; line != end; line += RING_LINE)
		ring_claim_word(ring_word(r->memory, r->size, line + RING_LINE - RING_WORD));
	r->claimed = end;
	ring_next_due(r);
}

bool ring_release_due(struct ring_receiver *r)
{
	ring_claim(r);
	return r->cursor - r->acked >= r->size / RING_ACK_SHARE;
}

uint32_t ring_ack(struct ring_receiver *r)
{
	if (r->acked != r->cursor) {
		r->acked = r->cursor;
		/* R1; and T1 of a sender that sleeps for room. */
		__atomic_store_n(&r->control->acked, r->acked, __ATOMIC_RELEASE);
	}
	ring_lapse(r);
	return bell_look(&r->control->flag.sender);
}

static enum channel_status ring_receiver_closed(struct ring_receiver *r, enum channel_reason reason)
{
	ring_receiver_end(r, reason);
	return CHANNEL_CLOSED;
}

/*
 * Nothing is published. The ring may have been closed without a closing record;
 * what was published before that is still to be read.
 */
static enum channel_status ring_peek_empty(struct ring_receiver *r)
{
	uint32_t flag = __atomic_load_n(&r->control->flag.receiver, __ATOMIC_ACQUIRE);
	uint64_t *word = ring_word(r->memory, r->size, r->cursor);

	if (!(flag & RING_CLOSED) || __atomic_load_n(word, __ATOMIC_RELAXED))
		return CHANNEL_AGAIN;
	return ring_receiver_closed(r, ring_flag_reason(flag));
}

/* Whether a correct sender could have padded here: some record did not fit. */
static bool ring_pad_allowed(const struct ring_receiver *r)
{
	return ring_tail(r->size, r->cursor) < r->size / 2;
}

enum channel_status ring_peek_slow(struct ring_receiver *r, uint64_t header, const void **msg,
				   size_t *len)
{
	if (r->reason)
		return CHANNEL_CLOSED;
	if (r->held) {
		*msg = ring_word(r->memory, r->size, r->cursor) + 1;
		*len = r->length;
		return CHANNEL_OK;
	}
	if (header == 0)
		return ring_peek_empty(r);
	if (header == ring_header(RING_PAD, 0) && ring_pad_allowed(r)) {
		/* Leads to the start, where no pad is allowed: this recurs once. */
		r->cursor += ring_tail(r->size, r->cursor);
		ring_lapse(r);
		return ring_peek(r, msg, len);
	}
	if (header >> 32 == RING_FIN)
		return ring_receiver_closed(r, ring_peer_reason((uint32_t)header));
	return ring_receiver_closed(r, CHANNEL_PROTOCOL);
}
