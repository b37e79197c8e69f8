/* SPDX-License-Identifier: MIT */
/*
 * The life of a component, from its first thread to its last restart.
 *
 *   state     who acts          what happens                              next
 *   -------   ---------------   ---------------------------------------   -------
 *   IDLE      supervisor        nothing has run yet; start                RUNNING
 *   RUNNING   its threads       its own code; the verdict is still open   ENDING
 *   ENDING    its main thread   the verdict is spoken; the steps below    ENDED
 *   ENDED     supervisor        main thread joined, heap taken back;
 *                               the policy has it start again             WAITING
 *                               or does not                               GONE
 *   WAITING   supervisor        until its delay is over; start            RUNNING
 *                               the image is asked to stop                GONE
 *   GONE      nobody            its peers know that it will not return    -
 *
 * The verdict is how it ends. Whoever is first speaks it; a failure overrules an
 * exit, and a last exit of the main thread, from an exit handler, the one before.
 *
 *   verdict   spoken by                                    status
 *   -------   ------------------------------------------   -------------------
 *   OPEN      -                                            -
 *   EXIT      main returned; exit; last thread ended       its own
 *   EXIT_NOW  _exit                                        its own
 *   FAILED    a fault, abort                               128 + signal
 *   KILLED    supervisor: it did not stop, or close, in time   128 + SIGKILL
 *
 * Steps of the main thread, each left for the next one by its end or by a jump
 * to the thread's base (leave.h); HANDLERS and STREAMS go on where they were left:
 *
 *   RUN       pristine data, constructors, the runtime
 *   LINGER    main thread left by pthread_exit: wait for the last of the others
 *   CUT       status is not 0: the other threads end, peers see "peer died"
 *   HANDLERS  EXIT only: exit handlers, destructors
 *   THREADS   the other threads end
 *   STREAMS   what it left open is closed, within LEAVE_SECONDS; unwritten data
 *             is lost but for EXIT
 *   CHANNELS  closed
 *   DONE
 *
 * Where the main thread is lost on the way (a fault outside its component's
 * code), the supervisor takes the steps from THREADS on in its place.
 */
#ifndef CONTAINER_LIFE_H
#define CONTAINER_LIFE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "container/words.h"

struct image_component;
struct thread;

enum component_state {
	COMPONENT_IDLE,
	COMPONENT_RUNNING,
	COMPONENT_ENDING,
	COMPONENT_ENDED,
	COMPONENT_WAITING,
	COMPONENT_GONE,
};

enum component_verdict {
	COMPONENT_OPEN,
	COMPONENT_EXIT,
	COMPONENT_EXIT_NOW,
	COMPONENT_FAILED,
	COMPONENT_KILLED,
};

enum component_step {
	STEP_RUN,
	STEP_LINGER,
	STEP_CUT,
	STEP_HANDLERS,
	STEP_THREADS,
	STEP_STREAMS,
	STEP_CHANNELS,
	STEP_DONE,
};

#define COMPONENT_KILLED_STATUS (128 + 9) /* SIGKILL, as a shell says it */

struct exit_handler {
	void (*call)(void *argument);
	void *argument;
	struct exit_handler *next;
};

struct component {
	/* Constant. */
	unsigned index;
	const struct image_component *spec;
	const struct words *words; /* copied for each life: see `own` */

	_Atomic uint32_t state;   /* of enum component_state; RUNNING to ENDED: its threads */
	atomic_bool is_stopping;  /* asked to stop; the supervisor sets it */
	atomic_bool is_told;      /* runtime->stop was called */
	_Atomic uint32_t verdict; /* status << 8 | enum component_verdict */
	_Atomic uint32_t ends;    /* threads that ended; a futex for whoever waits for them */
	atomic_bool heap_damaged; /* a thread failed in the allocator, or never left it */
	_Atomic uint64_t rested;  /* when component_rest last gave memory back, ns */
	_Atomic uint64_t cpu_ns;  /* of ended threads, of all incarnations */
	atomic_uint restarts;
	atomic_uint stacks_kept; /* see thread_stack.h */

	/* The main thread's; the supervisor's once that is joined. Others may look at it. */
	_Atomic uint32_t step;           /* of enum component_step */
	struct words own;                /* of this life, in the component's heap */
	void (*const *destructor)(void); /* behind the next one; NULL: none was called yet */

	/* Under the lock of the table of threads. */
	struct exit_handler *handlers; /* last registered first; from the component's heap */

	/* The supervisor's. */
	unsigned delay_ms;    /* before the next restart */
	uint64_t started_ns;  /* CLOCK_MONOTONIC */
	uint64_t deadline_ns; /* WAITING: the restart; RUNNING: asked to leave, the last call */
	uint64_t streams_ns;  /* STREAMS: the last call, and then another one; 0: not there yet */
	bool streams_cut;     /* the first of them is past */
};

/* Component `index` of the image. */
struct component *component_at(unsigned index);

/* Number of its main thread. */
unsigned component_main(const struct component *c);

/* The component of the calling thread, or NULL. */
struct component *component_self(void);

/* On the component's main thread: its life from RUN to DONE. */
void component_life(struct thread *t);

/* The supervisor, where the main thread is lost. */
void component_finish(struct component *c);

/*
 * Speak a verdict, and have the main thread act on it. The calling thread goes
 * on; it leaves by itself. Safe in signal handlers.
 */
void component_speak(struct component *c, enum component_verdict verdict, int status);

static inline enum component_verdict component_verdict(const struct component *c)
{
	return (enum component_verdict)(atomic_load(&c->verdict) & 0xff);
}

static inline int component_status(const struct component *c)
{
	return (int)(atomic_load(&c->verdict) >> 8);
}

/* Whether it has a verdict that its main thread does not know of yet. */
bool component_is_to_leave(const struct component *c);

/* The calling thread's values of its keys, to their destructors; the keys go back. */
void component_keys_call(const struct component *c);
void component_keys_delete(const struct component *c);

/* From its threads. */
bool component_is_ending(const struct component *c);
void component_thread_ended(struct component *c, bool is_main);
void component_cpu_add(struct component *c, uint64_t ns);

/* It cannot be ended: say so, and end the image. */
_Noreturn void component_stuck(const struct component *c);

/* A thread that fails in the allocator leaves it in a state that nobody can trust. */
void component_heap_damaged(struct component *c);
bool component_heap_is_damaged(const struct component *c);

#endif
