/* SPDX-License-Identifier: MIT */
/*
 * The definition of a channel: sentences, each with a left and a right part.
 *
 * A part is one side of a channel, and uses nothing but the interface of
 * channel.h, channel_stream.h, set.h, task.h and call.h and what is declared here. It
 * begins with open endpoints, when the other part does; how they came to be is the
 * harness's (harness.h). Whatever a part finds wrong ends it, and with it the
 * sentence, for both sides.
 */
#ifndef TESTS_CONFORMANCE_CONFORMANCE_H
#define TESTS_CONFORMANCE_CONFORMANCE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ipc/channel.h"
#include "ipc/channel_stream.h"
#include "ipc/set.h"
#include "ipc/task.h"

#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

#define SIDE_MORE 40      /* further channels, at most */
#define SIDE_WHY 200      /* bytes of a verdict */
#define SIDE_OFFSETS 4093 /* a prime: messages with numbers near each other differ */

/* What a task of a part does, and what came of it; a part's own variables may be gone before it. */
struct side_job {
	struct side *side;
	struct channel *ch;
	unsigned number;
	uint64_t deadline;
	enum channel_status status;
	unsigned wrong;
	struct task *task;
};

#define SIDE_JOBS 16

/* What a part may use; `control` and below are of side.c and run.c. */
struct side {
	struct channel *ch;              /* the one that the sentence is about */
	struct channel *more[SIDE_MORE]; /* for those that are about several */
	unsigned more_count;             /* at least 4 */
	bool is_left;
	unsigned rounds; /* how often to do what may go wrong seldom; at least 20 */
	struct side_job jobs[SIDE_JOBS];

	const struct harness *harness;
	struct channel *control;
	uint32_t random;
	unsigned char *pattern; /* of all messages */
	size_t pattern_bytes;
	jmp_buf out;                 /* where a part that failed goes */
	struct channel_stats before; /* of `ch`, as the part began */
	char why[SIDE_WHY];          /* it failed; "": it did not */
	char peer[SIDE_WHY];         /* what the other part came to, if it has ended */
	const struct sentence *sentence;
};

typedef void side_part(struct side *s);

enum sentence_needs {
	NEEDS_TASKS = 1,  /* the part makes tasks */
	NEEDS_SET = 2,    /* the part waits in a set, which holds up its whole thread */
	NEEDS_DEATH = 4,  /* the right part dies */
	NEEDS_STOP = 8,   /* both sides are asked to stop */
	NEEDS_EARLY = 16, /* a side opens again before its peer has let go */
};

struct sentence {
	const char *says;
	side_part *left, *right;
	unsigned needs; /* of sentence_needs */
};

/* One list a file; the last entry says NULL. */
extern const struct sentence sentences_order[], sentences_bounds[], sentences_pressure[],
	sentences_place[], sentences_batch[], sentences_stream[], sentences_close[],
	sentences_anew[], sentences_death[], sentences_deadline[], sentences_wake[],
	sentences_state[], sentences_set[], sentences_set_time[], sentences_task[],
	sentences_cancel[], sentences_call[], sentences_stop[];

/* Ends the part: what was found wrong, and where. */
_Noreturn void side_fail(struct side *s, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void side_status(struct side *s, const char *file, int line, const char *call,
		 enum channel_status got, enum channel_status wanted);

#define CHECK(s, condition)                                                                        \
	do {                                                                                       \
		if (!(condition))                                                                  \
			side_fail(s, __FILE__, __LINE__, "%s does not hold", #condition);          \
	} while (0)

/* The call is to answer with that status. */
#define GIVES(s, status, call) side_status(s, __FILE__, __LINE__, #call, call, status)

/* Wait until the other part is at its side_meet. */
void side_meet(struct side *s);

/* Tell the other part a number; hear the one that it tells. */
void side_tell(struct side *s, unsigned number);
unsigned side_hear(struct side *s);

/* Begin a new connection, together with the other part: both have closed. */
void side_anew(struct side *s);

/* The same from this side alone. */
void side_open(struct side *s);

/* The component ends with a failure. The right part, where the sentence needs it. */
_Noreturn void side_die(struct side *s);

uint64_t side_now(void); /* CLOCK_MONOTONIC, ns */
uint64_t side_in(uint64_t ns);

/* So long that only what hangs takes it. */
uint64_t side_patience(void);

void side_sleep(struct side *s, uint64_t ns);

/* Not at all, or up to so long. */
void side_pause(struct side *s, uint64_t ns);

/* For about as long as a side polls before it sleeps, and now and then much longer. */
void side_dawdle(struct side *s);

/* This side's own numbers, below n; the same in every run. */
unsigned side_random(struct side *s, unsigned n);

/*
 * Message number n: both sides know its length and its bytes. The first 80 have
 * the lengths 0 to 79; of the others some are near the largest.
 */
size_t side_length(const struct side *s, unsigned n);
const unsigned char *side_message(const struct side *s, unsigned n, size_t len);

/* Send it, in any of the ways there are; receive it likewise and compare. */
void side_send(struct side *s, struct channel *ch, unsigned n);
void side_send_length(struct side *s, struct channel *ch, unsigned n, size_t len);
void side_recv(struct side *s, struct channel *ch, unsigned n);
void side_recv_length(struct side *s, struct channel *ch, unsigned n, size_t len);

/* Whether that is message n. */
void side_compare(struct side *s, unsigned n, size_t wanted, const void *msg, size_t len);

/* What a receive without waiting answers where there is nothing to take. */
enum channel_status side_look(struct channel *ch, uint64_t deadline);

/* Messages of len bytes, numbered from 0, until there is no room; how many. */
unsigned side_fill(struct side *s, struct channel *ch, size_t len);

/* The counters of `ch` since the part began. */
struct channel_stats side_stats(struct side *s);

/* Job i: a task that runs run(job), which must not fail as parts do. */
struct side_job *side_spawn(struct side *s, unsigned i, int (*run)(void *job));

/* Wait for its end, and say what it returned. */
int side_join(struct side *s, struct side_job *job);

/* The next one is not there, for this reason. */
void side_closed(struct side *s, struct channel *ch, enum channel_reason reason);

#endif
