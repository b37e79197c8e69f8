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

/* What is wrong, for the runs that have to fail. */
#define NO_BARRIER 1    /* S2 is missing in set_cool */
#define NOT_TRIED 2     /* S3 is missing there */
#define SUMMARY_FIRST 3 /* bell_tell tells the summary before the word */
#define WORDS_FIRST 4   /* set_collect takes the words before the summary */
#define SUMMARY_UNSEEN 5 /* set_park sleeps without a look at the summary */
#define NOT_RUNG 6      /* bell_tell does not ring the bell */
#define NOT_ROUSED 7    /* nobody stands in for a teller between bits and telling */
#define ROUSED_ONCE 8   /* the one who does rings only a bell that looks asleep */
#define BURIED_ONCE 9   /* the dead one's closing is told only to a flag that looks asleep */
#define WHOM_LATE 10    /* fenced, and the name is noted behind S1 */
#define NOT_RENAMED 11  /* a wait for one endpoint takes its name off and does not tell */
#define STOP_UNSEEN 12  /* set_park does not look for a stop */
#define KEPT_COLD 13    /* what was told is not made hot */
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

/* endpoint_try; what is ready is received at once. */
inline try(k, ready)
{
	load(NEWS(k), news);
	if
	:: (news & COUNT) > got[k] -> got[k]++; ready = true
	:: (news & COUNT) == got[k] && news & FIN -> left[k] = true; ready = true
	:: else -> ready = false
	fi;
	news = 0
}

/* set_heat, with bell_unname */
inline heat(k)
{
	if
	:: !hot[k] ->
		hot[k] = true;
		load(FLAG(k), before);
		if
		:: (before & NAMED) == NAME(k) -> fetch_and(OWNER, FLAG(k), NEITHER, before)
		:: else
		fi;
		before = 0
	:: else
	fi
}

inline collect_word(w)
{
	exchange(OWNER, TOLD(w), 0, bits);
	if
	:: bits & 1 && !left[0] && MUTANT != KEPT_COLD -> heat(0)
	:: else
	fi;
	if
	:: bits & 2 && !left[1] && MUTANT != KEPT_COLD -> heat(1)
	:: else
	fi;
	bits = 0
}

/* set_collect */
inline collect()
{
	load(SUMMARY, words);
	if
	:: words && MUTANT == WORDS_FIRST ->
		collect_word(0);
		collect_word(1);
		exchange(OWNER, SUMMARY, 0, words)
	:: words && MUTANT != WORDS_FIRST ->
		exchange(OWNER, SUMMARY, 0, words);
		if
		:: words & 1 -> collect_word(0)
		:: else
		fi;
		if
		:: words & 2 -> collect_word(1)
		:: else
		fi
	:: else
	fi;
	words = 0
}

/* set_name. bell_rename has nothing to do: nobody else names these flags. */
inline name(k)
{
	if
	:: hot[k] && !left[k] ->
		hot[k] = false;
		if
		:: EVENT && k == 1 /* is hot for one try only, and has no flag */
		:: else ->
			cooled[k] = true;
			if
			:: MUTANT != WHOM_LATE -> store(OWNER, WHOM(k), NAME(k))
			:: else
			fi;
			fetch_or(OWNER, FLAG(k), PARKED | NAME(k), before); /* S1 */
			if
			:: MUTANT == WHOM_LATE -> store(OWNER, WHOM(k), NAME(k))
			:: else
			fi;
			before = 0
		fi
	:: else
	fi
}

/* Behind S2: S3. */
inline try_cooled(k)
{
	if
	:: cooled[k] ->
		cooled[k] = false;
		if
		:: MUTANT != NOT_TRIED -> try(k, ready)
		:: else
		fi;
		if
		:: ready -> ready = false; heat(k)
		:: else
		fi
	:: else
	fi
}

/* S4, on any futex word. */
#define SLEEP(word, armed, end_asleep)                                                    \
	d_step { drain(OWNER); asleep[word] = memory[word] == (armed) };                  \
	end_asleep:                                                                       \
	if                                                                                \
	:: !asleep[word]                                                                  \
	:: asleep[word] && sleeps < SLEEPS -> d_step { asleep[word] = false; sleeps++ }   \
	fi;                                                                               \
	fetch_and(OWNER, word, NEITHER, before);                                          \
	before = 0

/* set_cool and set_park */
inline park()
{
	name(1);
	name(0); /* the last one: nothing before S2 empties the buffer */
	if
	:: !FENCED && MUTANT != NO_BARRIER && (cooled[0] || cooled[1]) ->
		barrier_everywhere(OWNER, at) /* S2 */
	:: else
	fi;
	try_cooled(0);
	try_cooled(1);
	if
	:: hot[0] && !left[0] || hot[1] && !left[1]
	:: else ->
		fetch_or(OWNER, BELL, PARKED, before);
		load(SUMMARY, words);
		load(STOP, stop);
		if
		:: words && MUTANT != SUMMARY_UNSEEN || stop && MUTANT != STOP_UNSEEN ->
			fetch_and(OWNER, BELL, NEITHER, before)
		:: else -> SLEEP(BELL, PARKED, end_set)
		fi;
		before = 0;
		words = 0
	fi
}

/* endpoint_park on the first endpoint, whose flag may name this set; then an attempt. */
inline park_alone()
{
	load(FLAG(0), before); /* bell_rename */
	if
	:: before & NAMED ->
		fetch_and(OWNER, FLAG(0), NEITHER, before);
		if
		:: MUTANT != NOT_RENAMED -> tell_member(OWNER, 0, false)
		:: else
		fi
	:: else
	fi;
	fetch_or(OWNER, FLAG(0), PARKED, before); /* S1 */
	if
	:: !FENCED -> barrier_everywhere(OWNER, at) /* S2 */
	:: else
	fi;
	try(0, ready); /* S3 */
	if
	:: ready -> fetch_and(OWNER, FLAG(0), NEITHER, before); before = 0
	:: else -> SLEEP(FLAG(0), PARKED, end_alone)
	fi;
	ready = false
}

/* channel_set_wait, again and again. */
proctype owner()
{
	byte news, before, ignored, words, bits, at, sleeps, alone;
	bool ready, hot[2], cooled[2], stop;

	hot[0] = true;
	hot[1] = true;
	do
	:: collect();
		/* set_look: one after the other */
		if
		:: hot[0] && !left[0] -> try(0, ready)
		:: else
		fi;
		if
		:: !ready && hot[1] && !left[1] -> try(1, ready)
		:: else
		fi;
		if
		:: ready -> ready = false
		:: !ready && stop -> break
		:: !ready && !stop && left[0] && left[1] -> break
		:: else -> park()
		fi
	:: alone < ALONE && !left[0] -> alone++; park_alone()
	od
}

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
