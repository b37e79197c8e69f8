/* SPDX-License-Identifier: MIT */
/*
 * The thread that waits in bell_set.pml, which includes this: in its set
 * (ipc/set_wait.c), or now and then for the first endpoint by itself.
 */

/* What is wrong, for the runs that have to fail. */
#define NO_BARRIER 1     /* S2 is missing in set_cool */
#define NOT_TRIED 2      /* S3 is missing there */
#define WORDS_FIRST 4    /* set_collect takes the words before the summary */
#define SUMMARY_UNSEEN 5 /* set_park sleeps without a look at the summary */
#define WHOM_LATE 10     /* fenced, and the name is noted behind S1 */
#define NOT_RENAMED 11   /* a wait for one endpoint takes its name off and does not tell */
#define STOP_UNSEEN 12   /* set_park does not look for a stop */
#define KEPT_COLD 13     /* what was told is not made hot */

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
#define SLEEP(word, end_asleep)                                                           \
	FUTEX_WAIT(OWNER, word, memory[word] == PARKED, end_asleep);                      \
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
		:: else -> SLEEP(BELL, end_set)
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
	:: else -> SLEEP(FLAG(0), end_alone)
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
