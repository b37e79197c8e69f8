/* SPDX-License-Identifier: MIT */
/*
 * A thread that waits in a set for two endpoints (ipc/bell_set.h, set_wait.c),
 * or now and then for one of them by itself (endpoint_park); two tellers, which
 * may be ended between any two of their steps, and the container, which then
 * stands in for them and may ask the set's component to stop.
 *
 * Checked: whenever nothing can go on any more, the set does not sleep while a
 * message is unread, an end untold or a stop unseen; and no cycle, so that every
 * run comes to such an end.
 */
#ifndef MESSAGES
#define MESSAGES 1 /* of each teller */
#endif
#ifndef SLEEPS     /* that end by a deadline */
#define SLEEPS 0
#endif
#ifndef ALONE      /* waits for the first endpoint by itself */
#define ALONE 0
#endif
#ifndef EVENT      /* the second member is an event, which any thread raises */
#define EVENT 0
#endif
#ifndef FENCED
#define FENCED 0
#endif
#ifndef SAME_WORD  /* both members have their bits in one word of the bell */
#define SAME_WORD 0
#endif
#define WORD_OF(k) (SAME_WORD -> 0 : (k))

/* What is wrong, besides the faults of set_wait.pml, for the runs that have to fail. */
#define SUMMARY_FIRST 3 /* bell_tell tells the summary before the word */
#define NOT_RUNG 6      /* bell_tell does not ring the bell */
#define NOT_ROUSED 7    /* nobody stands in for a teller between bits and telling */
#define ROUSED_ONCE 8   /* the one who does rings only a bell that looks asleep */
#define BURIED_ONCE 9   /* the dead one's closing is told only to a flag that looks asleep */
#ifndef MUTANT
#define MUTANT 0
#endif

#define THREADS 4
#define OWNER 0
#define TELLER(k) ((k) + 1)
#define CONTAINER 3

#define WORDS 12
#define NEWS(k) (k)        /* a count, with FIN */
#define FLAG(k) ((k) + 2)
#define WHOM(k) ((k) + 4)  /* tx_whom, rx_whom: the name last given */
#define TOLD(w) ((w) + 6)
#define SUMMARY 8
#define BELL 9             /* the set's own flag */
#define STOP 10

/* Bits of a flag; above, whom to tell. */
#define PARKED 1
#define NAME(k) (((k) + 1) * 16)
#define NAMED 240
#define NEITHER 14
#define FIN 8
#define COUNT 7

#define DEPTH 1
#include "tso.pml"

byte got[2];    /* messages received */
bool left[2];   /* the member was told of the end, and is no more in the set */
bool killed[2]; /* the teller is to end where it stands */
bool dead[2];

/* bell_look */
inline look(t, word, flag)
{
	if
	:: FENCED -> d_step { drain(t); flag = memory[word] }
	:: else -> load(word, flag)
	fi
}

/* bell_tell: the word, the summary, the bell. */
inline tell_member(t, k, always)
{
	if
	:: MUTANT == SUMMARY_FIRST ->
		fetch_or(t, SUMMARY, 1 << WORD_OF(k), ignored);
		fetch_or(t, TOLD(WORD_OF(k)), 1 << (k), ignored)
	:: else ->
		fetch_or(t, TOLD(WORD_OF(k)), 1 << (k), ignored);
		fetch_or(t, SUMMARY, 1 << WORD_OF(k), ignored)
	fi;
	fetch_and(t, BELL, NEITHER, ignored);
	if
	:: (ignored & PARKED || (always) && MUTANT != ROUSED_ONCE) && MUTANT != NOT_RUNG ->
		futex_wake(t, BELL)
	:: else
	fi;
	ignored = 0
}

/* bell_ring */
inline ring(t, word)
{
	fetch_and(t, word, NEITHER, before);
	if
	:: before & PARKED && before & NAMED -> tell_member(t, before / 16 - 1, false)
	:: before & PARKED && !(before & NAMED) -> futex_wake(t, word)
	:: else
	fi;
	before = 0
}

/* What channel_table_end does for an endpoint whose owner was ended anywhere. */
inline bury(t, k)
{
	/* The thread is gone: what it stored is in memory. */
	d_step { drain(t); memory[NEWS(k)] = memory[NEWS(k)] | FIN; dead[k] = true };
	/* bell_wake, at the end of endpoint_bury */
	fetch_and(t, FLAG(k), NEITHER, before);
	if
	:: before & NAMED -> tell_member(t, before / 16 - 1, false)
	:: else
	fi;
	if
	:: before & PARKED || MUTANT != BURIED_ONCE -> futex_wake(t, FLAG(k))
	:: else
	fi;
	/* endpoint_rouse of the peer: bell_tell_again */
	load(WHOM(k), before);
	if
	:: before && MUTANT != NOT_ROUSED -> tell_member(t, before / 16 - 1, true)
	:: else
	fi;
	before = 0
}

proctype teller(byte k)
{
	byte sent, flag, before, ignored;

	{
end:		do
		:: sent < MESSAGES ->
			sent++;
			store(TELLER(k), NEWS(k), sent); /* T1 */
			if
			:: EVENT && k == 1 -> tell_member(TELLER(k), k, false) /* channel_member_raise */
			:: else ->
				look(TELLER(k), FLAG(k), flag); /* T2, T3 */
				if
				:: flag & PARKED -> ring(TELLER(k), FLAG(k))
				:: else
				fi;
				flag = 0
			fi
		:: sent == MESSAGES && false
		od
	} unless {
		atomic { killed[k] -> flag = 0; before = 0; ignored = 0; sent = 0 }
	};
	bury(TELLER(k), k)
}

/* Ends tellers, and asks to stop: bell_sets_stop. */
proctype container()
{
	byte ignored;

	if
	:: killed[0] = true
	:: exchange(CONTAINER, STOP, 1, ignored);
	   fetch_and(CONTAINER, BELL, NEITHER, ignored);
	   if
	   :: ignored & PARKED -> futex_wake(CONTAINER, BELL)
	   :: else
	   fi
	:: skip
	fi
}

#include "set_wait.pml"

/* Nothing goes on any more. */
proctype judge()
{
end:	timeout ->
	d_step {
		assert(empty(buffer[0]) && empty(buffer[1]) && empty(buffer[2]) && empty(buffer[3]));
		assert(!asleep[BELL] || left[0] || memory[NEWS(0)] == got[0]);
		assert(!asleep[BELL] || left[1] || memory[NEWS(1)] == got[1]);
		assert(!asleep[BELL] || !memory[STOP]);
		assert(!asleep[FLAG(0)] || memory[NEWS(0)] == got[0])
	}
}

init {
	atomic {
		run core(0);
		run core(1);
		run core(2);
		run teller(0);
		run teller(1);
		run container();
		run owner();
		run judge()
	}
}
