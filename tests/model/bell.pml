/* SPDX-License-Identifier: MIT */
/*
 * One thread that sleeps on a flag and those that tell it, as ipc/bell.h has it, and a
 * wait that polls and parks, as endpoint_wait.c has it. Included by the models of
 * what is waited for, which define what tso.pml asks for and SLEEPS.
 */
#ifndef FENCED /* struct bell_mode: no membarrier here */
#define FENCED 0
#endif

/* What is wrong, for the runs that have to fail. */
#define NO_BARRIER 1     /* S2 is missing */
#define LOOKED_BEFORE 2  /* S3 is what was seen before S1 */
#define TOLD_TOO_EARLY 3 /* T3 before T1 */
#define NOT_COMPARED 4   /* S4 sleeps whatever the flag is */
#define NOT_WOKEN 5      /* the bit is taken off, and nobody woken */
#define WOKEN_FIRST 6    /* woken, and then the bit taken off */
#define STOP_UNSEEN 13   /* a sleeper does not look for a stop behind S1 */
#define PLAIN_LOOK 14    /* fenced, and T2 is for the compiler only */
#define LATE_ARM 15      /* S1 behind S2 */
#ifndef MUTANT
#define MUTANT 0
#endif

/* Bits of a flag. */
#define PARKED 1
#define CLOSED 2
#define UNPARKED 254

#define OK 0
#define AGAIN 1
#define OVER 2 /* CHANNEL_CLOSED */

#include "tso.pml"

/* T2 and T3: bell_look. */
inline look(t, word, flag)
{
	if
	:: FENCED && MUTANT != PLAIN_LOOK -> d_step { drain(t); flag = memory[word] }
	:: else -> load(word, flag)
	fi
}

/* bell_ring; `always` makes it bell_wake. */
inline ring(t, word, always, before)
{
	if
	:: MUTANT == WOKEN_FIRST -> futex_wake(t, word)
	:: else
	fi;
	fetch_and(t, word, UNPARKED, before);
	if
	:: (before & PARKED || always) && MUTANT != WOKEN_FIRST && MUTANT != NOT_WOKEN ->
		futex_wake(t, word)
	:: else
	fi;
	before = 0
}

/* T1 to T3: ring_publish or ring_flush or ring_ack, and what endpoint.c does with the flag. */
inline tell(t, word, value, flagword, flag)
{
	if
	:: MUTANT == TOLD_TOO_EARLY -> look(t, flagword, flag); store(t, word, value)
	:: else -> store(t, word, value); look(t, flagword, flag)
	fi;
	if
	:: flag & PARKED -> ring(t, flagword, false, before)
	:: else
	fi
}

/* S1 and S2: bell_arm. */
inline arm(t, word, armed)
{
	if
	:: MUTANT == LATE_ARM -> barrier_everywhere(t, at)
	:: else
	fi;
	fetch_or(t, word, PARKED, armed);
	armed = armed | PARKED;
	if
	:: !FENCED && MUTANT != NO_BARRIER && MUTANT != LATE_ARM -> barrier_everywhere(t, at)
	:: else
	fi
}

/* bell_disarm */
inline disarm(t, word)
{
	fetch_and(t, word, UNPARKED, before);
	before = 0
}

/*
 * endpoint_wait: attempts, and endpoint_park between them. What is here called
 * `attempt` is inlined once: armed says whether it stands behind S2.
 */
#define PARK(t, attempt, word, stopword)                                                  \
	do                                                                                \
	:: attempt;                                                                       \
	   if                                                                             \
	   :: status != AGAIN -> break                                                    \
	   :: else                                                                        \
	   fi;                                                                            \
	   load(stopword, stop);                                                          \
	   if                                                                             \
	   :: stop && !(armed && MUTANT == STOP_UNSEEN) -> status = OVER; break           \
	   :: else                                                                        \
	   fi;                                                                            \
	   if                                                                             \
	   :: !armed -> arm(t, word, armed)                                               \
	   :: else                                                                        \
	   fi;                                                                            \
	   if                                                                             \
	   :: !looked && MUTANT != LOOKED_BEFORE -> looked = true /* S3 is next */        \
	   :: else -> /* S4 */                                                            \
		FUTEX_WAIT(t, word, memory[word] == armed || MUTANT == NOT_COMPARED,      \
			   end_asleep);                                                   \
		disarm(t, word);                                                          \
		looked = false;                                                           \
		armed = 0                                                                 \
	   fi                                                                             \
	od;                                                                               \
	if                                                                                \
	:: armed -> disarm(t, word); looked = false; armed = 0                            \
	:: else                                                                           \
	fi;                                                                               \
	stop = 0
