/* SPDX-License-Identifier: MIT */
/*
 * The server of mailbox.pml, which includes this: it receives messages and requests in
 * their order (ipc/mailbox_serve.c), answers on its own thread or (APART) on another
 * one, closes, or is ended between any two steps and buried.
 */

/* What is wrong, for the runs that have to fail. */
#define POSITION_BLIND 22 /* the server does not look at the position */
#define LOOKED_ONCE 23    /* mailbox_look: no second look behind the ring */
#define PEEKED_ONCE 24    /* mailbox_beside does not look at the ring again */
#define OPENED_UNTOLD 25  /* mailbox_open, without a look at the caller's flag */
#define ANSWER_UNTOLD 26  /* V2, without that */
#define END_UNTOLD 28     /* endpoint_finish marks the caller's flag and wakes nobody */
#define BURIED_ONCE 30    /* the dead one's closing is told only to a flag that looks asleep */
#define TAKEN_LATE 31     /* `taken` is cleared behind V2 */
#define UNMARKED 33       /* endpoint_finish does not mark the caller's flag */

/* mailbox_news; a word that no caller writes fails. */
#define NONE 0
#define DUE 1
#define AHEAD 2

inline news(n)
{
	n = NONE;
	load(LINE, line);
	if
	:: NUMBER(line) != number ->
		assert(NUMBER(line) == number + 1 && KIND(line) == 1);
		load(POSITION, position);
		n = (cursor >= position || MUTANT == POSITION_BLIND -> DUE : AHEAD);
		position = 0
	:: else
	fi;
	line = 0
}

/* endpoint_peek */
inline peek(status)
{
	load(PUBLISHED, header);
	if
	:: (header & COUNT) > cursor -> status = OK
	:: (header & COUNT) == cursor && header & FIN -> status = OVER
	:: else ->
		status = AGAIN;
		load(RFLAG, flag);
		if
		:: flag & CLOSED ->
			load(PUBLISHED, header);
			if
			:: header == cursor -> status = OVER
			:: else
			fi
		:: else
		fi
	fi;
	header = 0;
	flag = 0
}

/* mailbox_look, with mailbox_open and mailbox_beside. */
inline serve(status)
{
	news(due);
	if
	:: due == DUE -> status = OK
	:: else ->
		peek(status);
		if
		:: !opened ->
			opened = true;
			if
			:: MUTANT == OPENED_UNTOLD -> store(SERVER, LINE, REPLY(0))
			:: else -> tell(SERVER, LINE, REPLY(0), CFLAG, flag)
			fi;
			flag = 0
		:: else
		fi;
		due = NONE;
		if
		:: MUTANT != LOOKED_ONCE -> news(due)
		:: else
		fi;
		if
		:: due == DUE -> status = OK
		:: due == AHEAD ->
			if
			:: status == AGAIN && MUTANT != PEEKED_ONCE -> peek(status)
			:: else
			fi;
			assert(status != AGAIN);
			due = NONE
		:: due == NONE
		fi
	fi
}

/* What was peeked or found due. */
inline receive()
{
	if
	:: due == DUE -> number++; load(BYTES, header)
	:: else -> header = content[cursor]; cursor++
	fi;
	assert(header == got + 1);
	got = header;
	if
	:: due == DUE -> d_step { asked = header; taken = number }
	:: else
	fi;
	due = NONE;
	header = 0
}

/* mailbox_answer; V2. */
inline answer(t)
{
	number_taken = taken;
	store(t, BYTES, asked);
	answered = asked;
	if
	:: MUTANT != TAKEN_LATE -> taken = 0
	:: else
	fi;
	if
	:: MUTANT == ANSWER_UNTOLD -> store(t, LINE, REPLY(number_taken))
	:: else -> tell(t, LINE, REPLY(number_taken), CFLAG, flag)
	fi;
	if
	:: MUTANT == TAKEN_LATE -> taken = 0
	:: else
	fi;
	flag = 0;
	number_taken = 0
}

/* endpoint_finish, as far as callers see it, and endpoint_refuse. */
inline close_both()
{
	if
	:: MUTANT != UNMARKED -> mark(SERVER, CFLAG, CLOSED + WELL)
	:: else
	fi;
	if
	:: MUTANT != END_UNTOLD -> ring(SERVER, CFLAG, false, before)
	:: else
	fi;
	mark(SERVER, RFLAG, CLOSED + WELL);
	before = 0
}

/* endpoint_bury; what the thread stored is in memory. */
inline bury()
{
	d_step { drain(SERVER); asleep[RFLAG] = false };
	mark(SERVER, RFLAG, CLOSED);
	mark(SERVER, CFLAG, CLOSED);
	if
	:: MUTANT == BURIED_ONCE -> ring(SERVER, CFLAG, false, before)
	:: else -> ring(SERVER, CFLAG, true, before)
	fi;
	before = 0
}

proctype server()
{
	byte cursor, number, due, header, position, line, flag, before, armed, stop, status, at, sleeps;
	byte number_taken;
	bool looked, opened;

	{
		do
		:: taken && !APART -> answer(SERVER)
		:: taken && !APART -> /* or never */
end_slow:		false
		:: !(taken && !APART) -> /* one that takes no answer waits for it here */
			PARK(SERVER, serve(status), RFLAG, SSTOP);
			if
			:: status == OVER -> break
			:: else -> receive()
			fi
		:: break
		od;
		close_both();
end:		false
	} unless {
		atomic {
			killed ->
			cursor = 0; number = 0; due = 0; header = 0; position = 0; line = 0; flag = 0;
			before = 0; armed = 0; stop = 0; status = 0; at = 0; number_taken = 0
		}
	};
	bury()
}

#if APART
proctype answerer()
{
	byte flag, before, number_taken;

end:	do
	:: taken -> answer(ANSWERER)
	od
}
#endif
