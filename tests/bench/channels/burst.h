/* SPDX-License-Identifier: MIT */
/* Bursts: a peer at work for some milliseconds, one thread on each of two cores. */
#ifndef TESTS_BENCH_CHANNELS_BURST_H
#define TESTS_BENCH_CHANNELS_BURST_H

#include "tests/bench/channels/peer.h"

#define BURST_SAMPLES 200000

/* What one kind of burst is like. */
struct burst_kind {
	bool trip; /* there and back; else one way */
	bool block;
	uint64_t work; /* steps before each message */
	double idle;   /* ns before each message */
	double length; /* ns that a burst is to last */
};

/* A peer with its links open for messages of one length. */
struct burst_peer {
	const struct peer *peer;
	struct link *there, *back;
	size_t len;
	uint64_t next;  /* number of the next message */
	uint64_t count; /* messages of a burst; 0: not known yet */
	bool bad;
};

struct burst_result {
	double each;     /* ns a message, or a round trip, on the whole */
	double p50, p99; /* ns; of trips and wake-ups; of what a message adds to work */
};

/* Before anything else. Says on standard error what it could not have. */
void burst_begin(void);

bool burst_open(struct burst_peer *p, const struct peer *peer, size_t len, bool trip);
void burst_close(struct burst_peer *p);

/* The first of a peer's bursts is preceded by some that find out the count. */
struct burst_result burst_run(struct burst_peer *p, const struct burst_kind *kind);

/* How far apart the two processors are just now: ns of a bare round trip. */
double burst_distance(void);

#endif
