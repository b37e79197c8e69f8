/* SPDX-License-Identifier: MIT */
/*
 * One direction's messages and calls through the mailbox (ipc/mailbox_line.h,
 * mailbox.c, mailbox_serve.c): a caller that sends, calls, waits or drops, a server that
 * receives both, may be ended between any two steps, and answers on its own thread
 * or (APART) on another one; and the container, which then buries it, breaks the
 * channel or asks either side to stop.
 *
 * Checked: requests and messages arrive in the order in which they were sent, each
 * once; the bytes of a request and of a reply are those that belong to it, also when
 * calls were dropped; a reply that was given before the server closed arrives; and
 * whenever nothing can go on any more, nobody sleeps who has a reason not to.
 *
 * The messages' ring is a count (park.pml has more of it), and always has room.
 */
#ifndef OPS
#define OPS 2 /* messages and calls */
#endif
#ifndef SLEEPS /* of each side that end by a deadline */
#define SLEEPS 0
#endif
#ifndef APART
#define APART 0
#endif
#ifndef CALM /* nothing comes from outside */
#define CALM 0
#endif

/* What is wrong, besides the faults of bell.pml, for the runs that have to fail. */
#define WORD_FIRST 20    /* C1 stores the word, then the bytes */
#define POSTED_BLIND 21  /* mailbox_begin does not wait for the line */
#define POSITION_BLIND 22 /* the server does not look at the position */
#define LOOKED_ONCE 23   /* mailbox_look: no second look behind the ring */
#define PEEKED_ONCE 24   /* mailbox_beside does not look at the ring again */
#define OPENED_UNTOLD 25 /* mailbox_open, without a look at the caller's flag */
#define ANSWER_UNTOLD 26 /* V2, without that */
#define POST_UNTOLD 27   /* C1, without a look at the receiver's */
#define END_UNTOLD 28    /* endpoint_finish marks the caller's flag and wakes nobody */
#define ANSWER_UNSEEN 29 /* mailbox_away takes a closed flag for the answer */
#define BURIED_ONCE 30   /* the dead one's closing is told only to a flag that looks asleep */
#define TAKEN_LATE 31    /* `taken` is cleared behind V2 */
#define CALL_STOP_UNTOLD 32 /* endpoint_stop forgets the caller's flag */
#define UNMARKED 33      /* endpoint_finish does not mark the caller's flag */

#define THREADS (3 + APART)
#define CALLER 0
#define SERVER 1
#define ANSWERER 2
#define CONTAINER (2 + APART)

#define WORDS 8
#define LINE 0      /* number, kind */
#define BYTES 1     /* what was called, or answered, for: an operation */
#define POSITION 2
#define PUBLISHED 3 /* messages, with FIN */
#define RFLAG 4
#define CFLAG 5
#define CSTOP 6
#define SSTOP 7

#define FIN 16
#define COUNT 15

/* Words of the line. */
#define REQUEST(n) ((n) * 4 + 1)
#define REPLY(n) ((n) * 4 + 2)
#define NUMBER(word) ((word) / 4)
#define KIND(word) ((word) % 4)

#include "bell.pml"

#define WELL 8 /* in a flag with CLOSED: the server closed it, and nobody before */

byte op;           /* operations begun */
byte content[OPS]; /* of the messages: the operation */
byte got;          /* operations received */
byte taken;        /* struct mailbox_server: the number to be answered */
byte asked;        /* ... and for what */
byte answered;     /* the last operation with a reply */
bool killed;

/* The line as the caller sees it, whose own store may still be on its way to memory. */
inline load_line()
{
	d_step {
		line = memory[LINE];
		if
		:: buffer[CALLER] ?? [LINE, eval(posted)] -> line = posted
		:: else
		fi
	}
}

/* mailbox_check and mailbox_away */
inline check(status)
{
	load_line();
	status = OK;
	if
	:: line == posted ->
		load(CFLAG, flag);
		if
		:: flag & CLOSED
		:: else -> load(RFLAG, flag)
		fi;
		load_line(); /* what was answered before the end counts */
		if
		:: line != posted && !(flag & CLOSED && MUTANT == ANSWER_UNSEEN)
		:: else ->
			status = AGAIN;
			if
			:: flag & CLOSED ->
				status = OVER;
				/* What the server answered before it closed has arrived. */
				assert(!(flag & WELL) || !calling || answered < op || APART)
			:: else
			fi
		fi
	:: else
	fi;
	flag = 0;
	if
	:: MUTANT == POSTED_BLIND && !calling -> status = OK
	:: else -> assert(status != OK || NUMBER(line) == NUMBER(posted) && KIND(line) == 2)
	fi;
	line = 0
}

/* mailbox_post */
inline post()
{
	posted = REQUEST(NUMBER(posted) + 1);
	store(CALLER, POSITION, sent);
	if
	:: MUTANT != WORD_FIRST -> store(CALLER, BYTES, op)
	:: else
	fi;
	if
	:: MUTANT == POST_UNTOLD -> store(CALLER, LINE, posted)
	:: else -> tell(CALLER, LINE, posted, RFLAG, flag)
	fi;
	if
	:: MUTANT == WORD_FIRST -> store(CALLER, BYTES, op)
	:: else
	fi;
	flag = 0
}

proctype caller()
{
	byte sent, posted, line, flag, before, armed, stop, status, at, sleeps;
	bool looked, calling;

	do
	:: op < OPS && !calling -> /* channel_send */
		op++;
		content[sent] = op;
		sent++;
		tell(CALLER, PUBLISHED, sent, RFLAG, flag);
		flag = 0
	:: op < OPS || calling ->
		PARK(CALLER, check(status), CFLAG, CSTOP);
		if
		:: status == OVER -> break
		:: status == OK && calling ->
			load(BYTES, line);
			assert(line == op);
			line = 0;
			calling = false
		:: status == OK && !calling ->
			op++;
			post();
			if
			:: calling = true /* mailbox_wait */
			:: skip           /* mailbox_drop */
			fi
		fi
	:: break
	od;
	if
	:: !calling && status != OVER -> tell(CALLER, PUBLISHED, sent + FIN, RFLAG, flag); flag = 0
	:: skip
	fi
}

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

/* ring_mark: the first reason stays. */
inline mark(t, word, bits)
{
	d_step {
		drain(t);
		if
		:: memory[word] & CLOSED
		:: else -> memory[word] = memory[word] | (bits)
		fi
	}
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

/* endpoint_stop */
inline stop_one(stopword, flagword)
{
	exchange(CONTAINER, stopword, 1, before);
	if
	:: MUTANT == CALL_STOP_UNTOLD && flagword == CFLAG
	:: else -> ring(CONTAINER, flagword, true, before)
	fi;
	before = 0
}

proctype container()
{
	byte before;

	if
	:: /* endpoint_abort */
		mark(CONTAINER, RFLAG, CLOSED);
		mark(CONTAINER, CFLAG, CLOSED);
		ring(CONTAINER, RFLAG, false, before);
		ring(CONTAINER, CFLAG, false, before)
	:: !APART -> killed = true
	:: stop_one(CSTOP, CFLAG)
	:: stop_one(SSTOP, RFLAG)
	:: skip
	fi
}

/* Nothing goes on any more. */
proctype judge()
{
end:	timeout ->
	d_step {
		/* The server has seen all there is; a caller waits for a line that is away. */
		assert(!asleep[RFLAG] || got == op && !(memory[PUBLISHED] & FIN));
		assert(!asleep[RFLAG] || !(memory[RFLAG] & CLOSED || memory[SSTOP]));
		assert(!asleep[CFLAG] || KIND(memory[LINE]) != 2);
		assert(!asleep[CFLAG] || !((memory[CFLAG] | memory[RFLAG]) & CLOSED || memory[CSTOP]));
		assert(!(asleep[RFLAG] && asleep[CFLAG]))
	}
}

init {
	atomic {
		run core(CALLER);
		run core(SERVER);
#if APART
		run core(ANSWERER);
		run answerer();
#endif
		run caller();
		run server();
#if !CALM
		run container();
#endif
		run judge()
	}
}
