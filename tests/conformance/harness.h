/* SPDX-License-Identifier: MIT */
/* What a placement provides: a program that runs the sentences gives each side one of these. */
#ifndef TESTS_CONFORMANCE_HARNESS_H
#define TESTS_CONFORMANCE_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/channel.h"

struct harness {
	const char *placement; /* as verdicts name it */
	unsigned channels;     /* that there are, besides the control: 5 to 1 + SIDE_MORE */
	bool one_thread;       /* both sides are tasks of one */
	bool no_tasks;         /* leave out what makes tasks */
	bool together;         /* an end is open once both sides have come for it */
	bool one_way;          /* the leader's part is the left one; else both, by turns */

	/*
	 * This side's end of channel i: 0 is the control, over which the two sides
	 * agree on what to do, the others are for the sentences. Called again once
	 * the end is closed, for a new connection. NULL: it cannot be.
	 */
	struct channel *(*open)(const struct harness *h, unsigned i);

	/* Called first on every further thread; NULL: there is nothing to do. */
	void (*enter)(const struct harness *h);

	/*
	 * The right side's: end it with a failure; then conform_follow is called
	 * anew. NULL: that cannot be.
	 */
	void (*die)(const struct harness *h); /* does not return */

	/* The leader's: have both sides asked to stop, soon. NULL: that cannot be. */
	void (*stop)(const struct harness *h);

	unsigned self; /* the harness's own */
};

/*
 * Run the sentences whose text contains `only`, each so many rounds; "" is all.
 * Says what came of each as the Test Anything Protocol does. Returns how many
 * failed.
 */
unsigned conform_lead(const struct harness *h, unsigned rounds, const char *only);

/* The sentence that the leader plays, for who finds that it hangs. */
extern const char *volatile conform_playing;

/* The other side: do what the leader says, until it closes the control. 0, or 1. */
int conform_follow(const struct harness *h);

#endif
