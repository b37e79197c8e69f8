/* SPDX-License-Identifier: MIT */
/*
 * What the container knows of a service, and the functions that change it
 * (ipc/service_table.c): each holds channel_lock, so its caller makes it one step, and
 * lends it i, n, x, y and blocked, which are 0 before and behind it. Included by
 * service.pml, which says who takes which step when.
 */

/* What is wrong, for the runs that have to fail. */
#define READY_UNTOLD 1    /* a line is given to who sleeps for it, and nobody woken */
#define REFUSED_UNTOLD 2  /* endpoint_turn_away wakes nobody */
#define KNOCK_UNTOLD 3    /* a number is put to the door, and nobody woken */
#define FREE_EARLY 4      /* a line is free when one end has let go */
#define DEAD_QUEUED 5     /* service_retire leaves who waits in the queue */
#define OFFER_KEPT 7      /* service_stop leaves what was not accepted */
#define QUEUE_KEPT 8      /* service_stop leaves who waits */
#define SHARE_BLOCKS 9    /* who has its share holds up those behind it */
#define SHARE_KEPT 11     /* a line that is free still counts as the client's */
#define BEGUN_UNSERVED 12 /* service_begin does not look at the queue */
#define ADMIT_BLIND 13    /* service_admit does not look whether it is offered */
#define FREED_UNSERVED 15 /* service_retire does not look at the queue */
#ifndef MUTANT
#define MUTANT 0
#endif

#define CLIENT(t) ((t) > SAME -> (t) - SAME : 0)

/* enum connection_state, of which these are left */
#define ENDED 0
#define ATTACHED 1
#define AWAITED 2

/* enum service_end_state */
#define FREE 0
#define WAITING 1
#define REFUSED 2
#define HELD 3

/* enum service_state */
#define EXPECTED 0
#define LISTENS 1
#define SHUT 2 /* closed, or gone */

byte service;
chan queue = [TASKS] of { byte };
chan spare = [LINES] of { byte };
chan door = [LINES + 1] of { byte };
bool renewed;         /* ... since the server peeked: it then leaves the number there, once */
bool server_asleep;   /* at the door; it also looks at its lines */
bool server_dead;
bool server_gone;

/* Of lines. */
byte ours[LINES];     /* state of the client's end */
byte theirs[LINES];   /* of the server's */
byte taker[LINES];    /* the task */
byte number[LINES];   /* of the connection, modulo 4 */
byte request[LINES];  /* in the rings: the task that sent it, plus 1 */
byte reply[LINES];
bool left[LINES];     /* the client has closed */
bool closed[LINES];   /* the server has */
byte share[TASKS];    /* lines of a client */

/* Of tasks. */
byte state[TASKS];
byte line[TASKS];
bool nowhere[TASKS];  /* endpoint_waits */
bool asleep[TASKS];
bool killed[TASKS];   /* by client */
bool gone[TASKS];     /* ... and the task has seen that */
bool dead[TASKS];     /* ... and the container has begun to tidy up */

inline offer(t, l)
{
	assert(ours[l] == ENDED && theirs[l] == ENDED && !dead[CLIENT(t)]);
	ours[l] = ATTACHED;
	theirs[l] = AWAITED;
	taker[l] = t;
	number[l] = (number[l] + 1) % 4;
	request[l] = 0;
	reply[l] = 0;
	left[l] = false;
	closed[l] = false;
	state[t] = HELD;
	line[t] = l;
	share[CLIENT(t)]++;
	assert(share[CLIENT(t)] <= EACH);
	if
	:: nowhere[t] ->
		nowhere[t] = false;
		asleep[t] = asleep[t] && MUTANT == READY_UNTOLD
	:: else
	fi;
	assert(len(door) <= LINES); /* service_knock */
	door ! l;
	server_asleep = server_asleep && MUTANT == KNOCK_UNTOLD
}

/* service_serve: goes round the queue once. */
inline serve()
{
	n = len(queue);
	blocked = false;
	do
	:: n > 0 ->
		n--;
		queue ? x;
		if
		:: service == LISTENS && len(spare) > 0 && share[CLIENT(x)] < EACH && !blocked ->
			spare ? y;
			offer(x, y)
		:: else ->
			/* Who may have one has it. */
			assert(service != LISTENS || len(spare) == 0 || share[CLIENT(x)] >= EACH);
			queue ! x;
			blocked = blocked || MUTANT == SHARE_BLOCKS
		fi
	:: else -> break
	od;
	x = 0;
	y = 0;
	blocked = false
}

/* connection_let_go has ended one end; service_line_let_go. */
inline put_back(l)
{
	if
	:: ours[l] == ENDED && theirs[l] == ENDED || MUTANT == FREE_EARLY && len(spare) < LINES ->
		if
		:: MUTANT != SHARE_KEPT -> share[CLIENT(taker[l])]--
		:: else
		fi;
		assert(len(spare) < LINES);
		spare ! l
	:: else
	fi
}

/* service_retire of a client's end */
inline retire(t)
{
	if
	:: state[t] == WAITING && MUTANT != DEAD_QUEUED -> queue ?? eval(t)
	:: state[t] == HELD ->
		ours[line[t]] = ENDED;
		left[line[t]] = true;
		put_back(line[t])
	:: else
	fi;
	if
	:: state[t] != FREE ->
		state[t] = FREE;
		nowhere[t] = false;
		if
		:: MUTANT != FREED_UNSERVED -> serve()
		:: else
		fi
	:: else
	fi
}

/* The same of the server's */
inline let_go(l)
{
	theirs[l] = ENDED;
	closed[l] = true;
	put_back(l);
	if
	:: MUTANT != FREED_UNSERVED -> serve()
	:: else
	fi
}

inline service_take(t)
{
	if
	:: service == SHUT
	:: else ->
		assert(state[t] == FREE);
		state[t] = WAITING;
		queue ! t;
		serve();
		nowhere[t] = state[t] == WAITING
	fi
}

inline service_admit(l)
{
	if
	:: theirs[l] == AWAITED || MUTANT == ADMIT_BLIND ->
		assert(theirs[l] == AWAITED);
		theirs[l] = ATTACHED
	:: else
	fi
}

inline service_begin()
{
	if
	:: service != LISTENS ->
		do
		:: len(door) > 0 -> door ? _
		:: else -> break
		od;
		renewed = true;
		service = LISTENS;
		if
		:: MUTANT != BEGUN_UNSERVED -> serve()
		:: else
		fi
	:: else
	fi
}

inline service_stop(as)
{
	service = as;
	server_asleep = false; /* the closing record at the door */
	i = 0;
	do
	:: i < LINES ->
		if
		:: theirs[i] == AWAITED && MUTANT != OFFER_KEPT -> let_go(i)
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	do
	:: as == SHUT && MUTANT != QUEUE_KEPT && len(queue) > 0 ->
		queue ? x;
		state[x] = REFUSED;
		asleep[x] = asleep[x] && MUTANT == REFUSED_UNTOLD
	:: else -> break
	od;
	x = 0
}
