/* SPDX-License-Identifier: MIT */
/*
 * The line of a mailbox: what calls and their replies look like in shared memory.
 *
 * The line is the caller's or the server's, by turns. Its word says whose, and
 * hands it over: whoever has the line writes the bytes, then store-releases the
 * word, which the other side polls with load-acquire.
 *
 *   word              the line is
 *   0                 the server's, which has not begun to receive
 *   n REPLY           the caller's; number 0, without bytes, opens the mailbox
 *   n ELSEWHERE       the caller's; the reply of call.h is a message
 *   n + 1 REQUEST     the server's
 *
 *   caller                                      server
 *   C1 write the request, then the word         V1 load-acquire the word
 *   C2 load-acquire the word                    V2 write the reply, then the word
 *
 * V1 pairs with the store-release of C1, C2 with that of V2. Both stores are T1 of
 * bell.h: for the flag of the receiver, who waits for messages too, and for that of
 * the caller.
 *
 * A caller that stops waiting leaves the line to the server and may use it again once it
 * is back; the number then says that what is in it is no reply to anything new.
 * What is not the next word of the other side closes the channel.
 *
 * `position` is where the next message of the caller begins in the ring. The server
 * takes the request when its own cursor has come there, so that calls and messages
 * keep their order without a common count.
 *
 * What ends a life between any two instructions leaves behind: a word that was stored
 * counts, nothing else does. Nobody has to repair the line; the sides learn from the flags
 * of the ring's control block that there is no peer.
 */
#ifndef IPC_MAILBOX_LINE_H
#define IPC_MAILBOX_LINE_H

#include <string.h>

#include "ipc/mailbox.h"

enum mailbox_kind {
	MAILBOX_NOTHING,
	MAILBOX_REQUEST,
	MAILBOX_REPLY,
	MAILBOX_ELSEWHERE,
};

struct mailbox_line {
	uint64_t word;     /* number, kind, length */
	uint64_t position; /* of a request */
	uint64_t words[MAILBOX_MAX / 8];
};

/* Polls, with a pause after each, before a side waits as for messages: some microseconds. */
#define MAILBOX_SPINS 200

/*
 * So many of them only read. The others ask for the line to be written, for that is
 * what comes next: it then changes sides once a message and not twice. Where the two
 * sides are near each other the first polls do, and asking would take the line away from
 * who is about to answer; where they are far apart, the line is still here during those.
 */
#define MAILBOX_GLANCES 8

#define MAILBOX_KIND_SHIFT 6
#define MAILBOX_LENGTH_MASK ((UINT64_C(1) << MAILBOX_KIND_SHIFT) - 1)
#define MAILBOX_NUMBER_SHIFT 8

/* The calling side's own. `reason` may be read by other threads. */
struct mailbox_caller {
	uint64_t word;              /* of the last request; 0: there was none */
	uint64_t answer;            /* the word that gave the line back, as it was checked */
	enum channel_reason reason; /* why there will be no reply, once the caller was told */
	bool calling;               /* a call is under way */
};

/* The serving side's own. */
struct mailbox_server {
	uint64_t number; /* of the last request received */
	uint64_t word;   /* of the one that is due */
	uint64_t taken;  /* of one to be answered, or 0; cleared by whoever answers */
	bool opened;
	bool due; /* what the last look found is a request */
};

static inline uint64_t mailbox_word(uint64_t number, enum mailbox_kind kind, size_t len)
{
	return number << MAILBOX_NUMBER_SHIFT | (uint64_t)kind << MAILBOX_KIND_SHIFT | len;
}

static inline uint64_t mailbox_number(uint64_t word)
{
	return word >> MAILBOX_NUMBER_SHIFT;
}

/* Numbers go round, after more calls than are ever made. */
static inline uint64_t mailbox_next(uint64_t number)
{
	return (number + 1) & (UINT64_MAX >> MAILBOX_NUMBER_SHIFT);
}

static inline enum mailbox_kind mailbox_kind(uint64_t word)
{
	return (enum mailbox_kind)(word >> MAILBOX_KIND_SHIFT & 3);
}

/* At most MAILBOX_LENGTH_MASK, which is more than MAILBOX_MAX. */
static inline size_t mailbox_length(uint64_t word)
{
	return (size_t)(word & MAILBOX_LENGTH_MASK);
}

static inline size_t mailbox_copy_some(unsigned char *to, const unsigned char *from, size_t at,
				       size_t some, size_t len)
{
	unsigned char word[8];

	if (!(len & some))
		return at;
	memcpy(word, from + at, some);
	memcpy(to + at, word, some);
	return at + some;
}

/*
 * Copy up to MAILBOX_MAX bytes. By words, like what fills and reads them: a wider
 * load of what narrower stores have just written would have to wait for them all.
 */
static inline void mailbox_copy(void *to, const void *from, size_t len)
{
	unsigned char *bytes = (unsigned char *)to;
	const unsigned char *read = (const unsigned char *)from;
	size_t at = 0;

	while (at < (len & ~(size_t)7)) {
		uint64_t word;

		memcpy(&word, read + at, 8);
		memcpy(bytes + at, &word, 8);
		at += 8;
	}
	at = mailbox_copy_some(bytes, read, at, 4, len);
	at = mailbox_copy_some(bytes, read, at, 2, len);
	mailbox_copy_some(bytes, read, at, 1, len);
}

/*
 * Write the line's bytes, which are the writer's. The stores to it follow each
 * other: between them the other side, which polls, might take the line away again.
 */
static inline void mailbox_write(struct mailbox_line *line, const void *from, size_t len)
{
	const unsigned char *read = (const unsigned char *)from;
	size_t whole = len / 8;
	uint64_t last = 0;

	if (len % 8)
		mailbox_copy(&last, read + 8 * whole, len % 8);
	for (size_t i = 0; i < whole; i++) {
		uint64_t word;

		memcpy(&word, read + 8 * i, 8);
		__atomic_store_n(&line->words[i], word, __ATOMIC_RELAXED);
	}
	if (len % 8)
		__atomic_store_n(&line->words[whole], last, __ATOMIC_RELAXED);
}

/* Answer the request taken: with bytes, or by saying that a message has them. */
enum channel_status mailbox_answer(struct channel *ch, enum mailbox_kind kind, const void *reply,
				   size_t len);

/*
 * mailbox_receive in two, for who may fail in between: what was peeked is there again
 * until it is taken, if it is a request, or released, if it is a message.
 */
enum channel_status mailbox_peek(struct channel *ch, uint64_t deadline, bool *request,
				 const void **msg, size_t *len);
void mailbox_take(struct channel *ch);

/*
 * mailbox_wait, but CHANNEL_AGAIN as soon as there is more to it than some polls, of which a
 * deadline that is CHANNEL_NOW allows none: for who waits otherwise.
 */
enum channel_status mailbox_wait_soon(struct channel *ch, void *reply, size_t size, size_t *length,
				      uint64_t deadline);

struct endpoint_attempt;

/* Whether the line has come back, for who waits otherwise than mailbox_wait: CHANNEL_AGAIN, not
 * yet. */
enum channel_status mailbox_attempt(struct endpoint_attempt *a);

#endif
