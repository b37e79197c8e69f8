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

/* What is wrong, besides the faults of what is included, for the runs that have to fail. */
#define WORD_FIRST 20       /* C1 stores the word, then the bytes */
#define POSTED_BLIND 21     /* mailbox_begin does not wait for the line */
#define POST_UNTOLD 27      /* C1, without a look at the receiver's */
#define ANSWER_UNSEEN 29    /* mailbox_away takes a closed flag for the answer */
#define CALL_STOP_UNTOLD 32 /* endpoint_stop forgets the caller's flag */

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

#include "mailbox_serve.pml"

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
