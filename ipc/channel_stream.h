/* SPDX-License-Identifier: MIT */
/*
 * Streams: the messages of channel.h for who sends or receives very many.
 *
 * A writer or a reader is the sending or the receiving side of an endpoint, held
 * in a variable of the caller, so that positions may stay in registers and most
 * calls are a few instructions. While one is open its side of the endpoint
 * belongs to it: channel_send, reserve and commit, or channel_recv, peek and
 * release, are not allowed until it is closed, nor is waiting for that side in a
 * set. What passes is the same messages; the peer cannot tell.
 *
 *   struct channel_writer w = channel_writer_open(ch);
 *   channel_writer_room(&w, len, deadline, &room)   then fill room, then one of
 *   channel_writer_commit(&w, len)                  visible at once
 *   channel_writer_add(&w, len)                     visible with the next flush,
 *   channel_writer_flush(&w)                        or before, with a later room
 *   channel_writer_close(&w)
 *
 *   struct channel_reader r = channel_reader_open(ch);
 *   channel_reader_next(&r, deadline, &msg, &len)   then read msg
 *   channel_reader_done(&r)
 *   channel_reader_close(&r)
 *
 * Deadlines, statuses and what room and msg are: as channel.h has them. The
 * counters of channel_stats lag behind until the stream has to wait or is closed.
 * A component that ends with a writer open has sent what was committed or
 * flushed, and perhaps what it had added before it asked for more room.
 *
 * There is one writer of an endpoint at a time, and one reader: a second writer's calls
 * answer CHANNEL_MISUSE, a second reader may give again what the first has consumed.
 * A batch of channel_commit_quiet is flushed before a writer is opened, and none
 * begins before that is closed: until then the other answers CHANNEL_MISUSE. So
 * does what publishes by a writer behind channel_finish or channel_close, which
 * send what was committed or flushed. A reader may go on with messages that were there
 * when its side was closed; it is closed before the channel is opened again.
 */
#ifndef IPC_CHANNEL_STREAM_H
#define IPC_CHANNEL_STREAM_H

#include "ipc/ring.h"

/*
 * Pointers are into the ring; positions are the endpoint's. Nothing of a writer's
 * fast path is at the end of the memory: there is always room for one more word
 * behind `stop`, and a record that does not fit before it goes by the endpoint.
 */
struct channel_writer {
	unsigned char *at;    /* where the next header will be */
	unsigned char *stop;  /* no record may end behind; at most half a ring ahead */
	unsigned char *clear; /* the words behind `at` up to this one are 0; before `at`: none */
	unsigned char *kept;  /* while there is room: the same for behind its message, if that
				 has all of it and is short */
	/* Of the first message added and not flushed; its word in the ring is still 0. */
	uint64_t *first; /* NULL: there is none */
	uint64_t header;
	uint64_t room; /* bytes of payload there is room for, plus 1; 0: none here */
	/* Since here all were of this length; not yet in the counters. */
	const unsigned char *counted;
	size_t kind;
	uint32_t *flag; /* the receiver's */
	struct ring_sender *side;
	struct channel *ch;
};

struct channel_reader {
	unsigned char *at; /* the next header, or that of the message held */
	/* A record like the last one that begins behind needs a further look first. */
	const unsigned char *due;
	const unsigned char *stop; /* no record may end behind without the endpoint */
	unsigned char *claimed;    /* as ring_receiver has it */
	/* The kind of message that came last; most often the next is the same. */
	uint64_t header;
	uint64_t record; /* bytes of its record */
	const unsigned char
		*counted; /* since here all were of this kind; not yet in the counters */
	bool held;
	struct ring_receiver *side;
	struct channel *ch;
};

/*
 * Never wait, and always succeed: where the side cannot be had, or is closed, the calls on
 * the writer or reader say so. A writer that is closed flushes; what a reader still holds
 * stays in the ring. To close twice does nothing.
 */
struct channel_writer channel_writer_open(struct channel *ch);
void channel_writer_close(struct channel_writer *w);
struct channel_reader channel_reader_open(struct channel *ch);
void channel_reader_close(struct channel_reader *r);

#include "ipc/channel_stream_inline.h"

#endif
