/* SPDX-License-Identifier: MIT */
/* The ways to send and to receive that mixed_stress sets one against the other. */
#ifndef TESTS_STRESS_MIXED_WAYS_H
#define TESTS_STRESS_MIXED_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/channel.h"

#define MIXED_RING 4096 /* bytes */

enum mixed_send { SEND_COPY, SEND_ROOM, SEND_BATCH, SEND_STREAM, SEND_SET, SEND_WAYS };
enum mixed_receive { RECEIVE_COPY, RECEIVE_PEEK, RECEIVE_STREAM, RECEIVE_SET, RECEIVE_WAYS };

/* The seed of the run, for the message of a failure. */
extern uint64_t mixed_seed;

/* One direction at one end. */
struct mixed_side {
	struct channel *ch;
	unsigned component;
	uint64_t random;
	uint64_t seed; /* of the messages of this direction */
	unsigned way;
	unsigned most; /* messages until it finishes, or gives up */
	bool naps;
	unsigned done;
	bool closed; /* it was told of an end */
};

/* Ends the program. */
_Noreturn void mixed_fail(const struct mixed_side *s, const char *what);

/*
 * Send, or receive, until the side has done its most or was told of an end. Called as
 * the side's component, as a task too where the way is not in a set. 0.
 */
int mixed_sends(void *side);
int mixed_receives(void *side);

#endif
