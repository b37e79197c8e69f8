/* SPDX-License-Identifier: MIT */
/*
 * One ring with a sender that may sleep for room and a receiver that may sleep
 * for messages, as ipc/bell.h, ring.h and endpoint_wait.c have them; a third
 * thread closes it by its flags or asks either component to stop.
 *
 * Checked: whenever nothing can go on any more, nobody sleeps who has a reason
 * not to: no message unread, no room unused, no close or stop untold, and never
 * both asleep. Checked without partial order too: there is no cycle, so that
 * every run comes to such an end.
 *
 * Left out: where records lie (tests/unit/test_ring*.c). The header words are one
 * count of published records here, with FIN once the closing record stands there.
 */
#ifndef MESSAGES
#define MESSAGES 2
#endif
#define CAPACITY 1 /* records that the ring holds */
#define PORTION 2  /* records that the receiver hands back at once, unless the ring is empty */
#ifndef SLEEPS     /* of each side that end by a deadline */
#define SLEEPS 1
#endif

/* What is wrong, besides the faults of bell.pml, for the runs that have to fail. */
#define KEPT_ROOM 7      /* room is handed back in whole portions only */
#define KEPT_BATCH 8     /* a sender without room keeps its batch */
#define FIN_UNTOLD 9     /* the closing record, without a look at the flag */
#define REFUSED_UNTOLD 10 /* the receiver closes, without a look at the sender's flag */
#define BREAK_UNTOLD 11  /* the flags say closed, and nobody is woken */
#define STOP_UNTOLD 12   /* asked to stop, without a look at the flags */
#define THREADS 3
#define SENDER 0
#define RECEIVER 1
#define STRANGER 2

#define WORDS 6
#define PUBLISHED 0 /* the sender's */
#define ACKED 1     /* the receiver's */
#define SFLAG 2
#define RFLAG 3
#define SSTOP 4
#define RSTOP 5

/* In PUBLISHED, above the count. */
#define FIN 16
#define COUNT 15

#include "bell.pml"

byte got;    /* messages that the receiver has released */
byte filled; /* records in the ring, published or withheld */

/*
 * endpoint_reserve: room for one more record? A sender that finds none shows
 * what it withholds, for the receiver makes no room behind what it does not see.
 */
inline reserve(status)
{
	load(RFLAG, flag);
	if
	:: flag & CLOSED -> status = OVER
	:: !(flag & CLOSED) && filled - acked < CAPACITY -> status = OK
	:: else ->
		load(ACKED, acked); /* ring_refresh */
		if
		:: filled - acked < CAPACITY -> status = OK
		:: else ->
			status = AGAIN;
			if
			:: shown < filled && MUTANT != KEPT_BATCH ->
				tell(SENDER, PUBLISHED, filled, RFLAG, flag); /* endpoint_flush */
				shown = filled;
				if
				:: flag & CLOSED -> status = OVER
				:: else
				fi
			:: else
			fi
		fi
	fi;
	flag = 0
}

proctype sender()
{
	byte acked, shown, flag, before, armed, stop, status, at, sleeps;
	bool looked;

	do
	:: filled < MESSAGES ->
		PARK(SENDER, reserve(status), SFLAG, SSTOP);
		if
		:: status == OVER -> break
		:: else
		fi;
		filled++;
		if
		:: tell(SENDER, PUBLISHED, filled, RFLAG, flag); /* channel_commit */
		   shown = filled;
		   flag = 0
		:: skip /* channel_commit_quiet */
		fi
	:: break
	od;
	if
	:: status == OK && shown < filled -> /* channel_flush */
		tell(SENDER, PUBLISHED, filled, RFLAG, flag);
		shown = filled
	:: else
	fi;
	if
	:: status == OK -> /* channel_finish */
		if
		:: MUTANT == FIN_UNTOLD -> store(SENDER, PUBLISHED, filled + FIN)
		:: else -> tell(SENDER, PUBLISHED, filled + FIN, RFLAG, flag)
		fi
	:: skip /* it may also do nothing more, for ever */
	fi
}

/* ring_ack and endpoint_ack */
inline acknowledge()
{
	acked = got;
	tell(RECEIVER, ACKED, acked, SFLAG, flag)
}

/* endpoint_peek. The loads of a ring without a record are those of ring_peek_empty. */
inline peek(status)
{
	load(PUBLISHED, header);
	if
	:: (header & COUNT) > got -> status = OK
	:: (header & COUNT) == got && header & FIN -> status = OVER
	:: else ->
		status = AGAIN;
		load(RFLAG, flag);
		if
		:: flag & CLOSED ->
			load(PUBLISHED, header);
			if
			:: header == got -> status = OVER
			:: else
			fi
		:: else
		fi;
		if
		:: status == AGAIN && acked != got && MUTANT != KEPT_ROOM -> acknowledge()
		:: else
		fi
	fi;
	header = 0;
	flag = 0
}

proctype receiver()
{
	byte acked, header, flag, before, armed, stop, status, at, sleeps;
	bool looked;

	do
	:: PARK(RECEIVER, peek(status), RFLAG, RSTOP);
		if
		:: status == OVER -> break
		:: else
		fi;
		got++; /* ring_release */
		if
		:: got - acked >= PORTION -> acknowledge(); flag = 0
		:: else
		fi
	:: /* endpoint_refuse */
		fetch_or(RECEIVER, RFLAG, CLOSED, before);
		if
		:: MUTANT == REFUSED_UNTOLD
		:: else ->
			look(RECEIVER, SFLAG, flag);
			if
			:: flag -> ring(RECEIVER, SFLAG, false, before)
			:: else
			fi
		fi;
		break
	od
}

/* bell_look and bell_wake of endpoint_stop */
inline stop_one(stopword, flagword)
{
	store(STRANGER, stopword, 1);
	if
	:: MUTANT == STOP_UNTOLD
	:: else ->
		look(STRANGER, flagword, flag);
		if
		:: flag & PARKED -> ring(STRANGER, flagword, true, before)
		:: else
		fi
	fi
}

proctype stranger()
{
	byte flag, before;

	if
	:: /* endpoint_abort, in the place of either component */
		fetch_or(STRANGER, RFLAG, CLOSED, before);
		if
		:: MUTANT == BREAK_UNTOLD
		:: else ->
			ring(STRANGER, RFLAG, false, before);
			ring(STRANGER, SFLAG, false, before)
		fi
	:: stop_one(SSTOP, SFLAG)
	:: stop_one(RSTOP, RFLAG)
	:: skip
	fi
}

/* Nothing goes on any more. */
proctype judge()
{
end:	timeout ->
	d_step {
		assert(empty(buffer[0]) && empty(buffer[1]) && empty(buffer[2]));
		assert(!(asleep[RFLAG] && asleep[SFLAG]));
		assert(!asleep[RFLAG] || memory[PUBLISHED] == got);
		assert(!asleep[RFLAG] || !(memory[RFLAG] & CLOSED || memory[RSTOP]));
		assert(!asleep[SFLAG] || filled - memory[ACKED] >= CAPACITY);
		assert(!asleep[SFLAG] || !(memory[RFLAG] & CLOSED || memory[SSTOP]))
	}
}

init {
	atomic {
		run core(SENDER);
		run core(RECEIVER);
		run core(STRANGER);
		run sender();
		run receiver();
		run stranger();
		run judge()
	}
}
