/* SPDX-License-Identifier: MIT */
/*
 * A service: its lines, who has which and who waits for one (ipc/service_table.h,
 * service_table.c, service.c, service_image.c). Tasks of clients connect, with a
 * deadline or none, call once and drop; the server accepts, answers, keeps a request
 * while it drops the connection, closes and listens again; both end at any moment, and
 * begin again. A function under channel_lock is one step.
 *
 * Checked: no line is given to two, or to the dead; what is read from a line belongs
 * to its connection, also a reply given late; whenever nothing can go on any more,
 * nobody waits, and all lines are free and nobody's.
 */
#ifndef LINES
#define LINES 1
#endif
#define EACH 1 /* lines of one client */
#ifndef TASKS
#define TASKS 2
#endif
#ifndef SAME /* the first two tasks are one client's; else each is its own */
#define SAME 0
#endif
#ifndef TIMES /* that a task connects in one life */
#define TIMES 1
#endif
#ifndef DEATHS /* of clients; the server has one more life than it closes */
#define DEATHS 1
#endif
#ifndef CLOSES
#define CLOSES 1
#endif
#ifndef FALLS /* of the server */
#define FALLS 1
#endif

/* What is wrong, for the runs that have to fail. */
#define READY_UNTOLD 1   /* a line is given to who sleeps for it, and nobody woken */
#define REFUSED_UNTOLD 2 /* endpoint_turn_away wakes nobody */
#define KNOCK_UNTOLD 3   /* a number is put to the door, and nobody woken */
#define FREE_EARLY 4     /* a line is free when one end has let go */
#define DEAD_QUEUED 5    /* service_retire leaves who waits in the queue */
#define GIVEN_TO_DEAD 6  /* service_table_end retires first what is held */
#define OFFER_KEPT 7     /* service_stop leaves what was not accepted */
#define QUEUE_KEPT 8     /* service_stop leaves who waits */
#define SHARE_BLOCKS 9   /* who has its share holds up those behind it */
#define OLD_ANSWERED 10  /* an old request is answered on the connection of the next */
#define SHARE_KEPT 11    /* a line that is free still counts as the client's */
#define BEGUN_UNSERVED 12 /* service_begin does not look at the queue */
#define ADMIT_BLIND 13   /* service_admit does not look whether it is offered */
#define LATE_KEPT 14     /* what was given as the deadline passed is not looked for */
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

#define OVER(l) (reply[l] || closed[l])

proctype task(byte t)
{
	byte times, i, n, x, y;
	bool blocked, patient;

again:	{
		do
		:: times < TIMES ->
			times++;
			atomic { /* service_take */
				if
				:: service == SHUT
				:: else ->
					assert(state[t] == FREE);
					state[t] = WAITING;
					queue ! t;
					serve();
					nowhere[t] = state[t] == WAITING
				fi
			};
			if
			:: nowhere[t] || state[t] == REFUSED ->
				atomic { asleep[t] = nowhere[t] && state[t] == WAITING };
				if
				:: patient = true
				:: skip
				fi;
				if
				:: !asleep[t]
				:: asleep[t] && !patient -> asleep[t] = false /* the deadline */
				fi;
				patient = false;
				if
				:: atomic { state[t] == HELD && MUTANT != LATE_KEPT }
				:: atomic { state[t] == HELD && MUTANT == LATE_KEPT && nowhere[t] }
				:: atomic { state[t] != HELD -> retire(t) } /* service_connect_end */
				fi
			:: else
			fi;
			if
			:: state[t] == HELD ->
				assert(taker[line[t]] == t && ours[line[t]] == ATTACHED);
				request[line[t]] = t + 1;
				if
				:: OVER(line[t]) -> assert(!reply[line[t]] || reply[line[t]] == t + 1)
				:: skip /* does not wait for it */
				fi;
				left[line[t]] = true; /* channel_drop */
				atomic { retire(t) }
			:: else
			fi
		:: else -> break
		od
	} unless {
		killed[CLIENT(t)]
	};
	/* Another life, once this one is tidied up, or the end. */
end:	atomic { killed[CLIENT(t)] -> times = 0; patient = false; asleep[t] = false; gone[t] = true };
	atomic { !killed[CLIENT(t)] -> gone[t] = false; goto again }
}

#define NEWS(l) (theirs[l] == ATTACHED && (request[l] || left[l]))
#if LINES == 1
#define ANY_NEWS NEWS(0)
#else
#define ANY_NEWS (NEWS(0) || NEWS(1))
#endif
#define NOBODY 255

inline look_at(l)
{
	if
	:: theirs[l] == ATTACHED && request[l] && kept == NOBODY ->
		kept = l;
		kept_for = request[l];
		kept_number = number[l];
		request[l] = 0
	:: theirs[l] == ATTACHED -> closed[l] = true; atomic { let_go(l) } /* also for no reason */
	fi
}

/* call_reply */
inline answer()
{
	atomic {
		if
		:: theirs[kept] == ATTACHED && (number[kept] == kept_number || MUTANT == OLD_ANSWERED) ->
			reply[kept] = kept_for
		:: else
		fi;
		kept = NOBODY;
		kept_for = 0;
		kept_number = 0
	}
}

proctype server()
{
	byte i, n, x, y, l, kept, kept_for, kept_number;
	bool blocked;

	kept = NOBODY;
again:	{
		atomic { service_begin() };
		do
		:: atomic { len(door) > 0 -> door ? <l>; renewed = false }; /* service_accept */
			atomic {
				if
				:: renewed && len(door) > 0 -> door ? <l>
				:: renewed && len(door) == 0
				:: !renewed && len(door) > 0 -> door ? _
				fi;
				if
				:: theirs[l] == AWAITED || MUTANT == ADMIT_BLIND ->
					assert(theirs[l] == AWAITED);
					theirs[l] = ATTACHED
				:: else
				fi;
				l = 0
			}
		:: look_at(0)
#if LINES > 1
		:: look_at(1)
#endif
		:: kept != NOBODY -> answer()
		:: atomic { len(door) == 0 && !ANY_NEWS && kept == NOBODY -> server_asleep = true };
end_idle:		!server_asleep || ANY_NEWS;
			server_asleep = false
		od
	} unless {
		server_dead
	};
	atomic { server_asleep = false; kept = NOBODY; kept_for = 0; kept_number = 0; l = 0; server_gone = true };
end:	atomic { !server_dead -> server_gone = false; goto again }
}

/* Another thread of the server's: service_close, and perhaps service_listen again. */
proctype closer()
{
	byte closes, i, n, x, y;
	bool blocked;

end:	do
	:: atomic {
			closes < CLOSES && !server_dead && service == LISTENS ->
			closes++;
			service_stop(SHUT)
		};
		if
		:: atomic { !server_dead && service == SHUT -> service_begin() }
		:: skip
		fi
	od
}

/* channel_table_end and what follows it, for clients and for the server. */
proctype container()
{
	byte deaths, falls, c, t, i, n, x, y;
	bool blocked;

	do
	:: deaths < DEATHS ->
		deaths++;
		if
		:: c = 0
		:: c = CLIENT(TASKS - 1)
		fi;
		killed[c] = true;
		atomic {
			gone[c + SAME * (c > 0)] && (gone[1] || !SAME || c > 0);
			dead[c] = true;
			t = 0;
			do
			:: t < TASKS ->
				if
				:: CLIENT(t) == c && state[t] == WAITING && MUTANT != GIVEN_TO_DEAD -> retire(t)
				:: else
				fi;
				t++
			:: else -> break
			od;
			t = 0;
			do
			:: t < TASKS ->
				if
				:: CLIENT(t) == c -> retire(t)
				:: else
				fi;
				t++
			:: else -> break
			od;
			t = 0
		};
		dead[c] = false;
		killed[c] = false;
		c = 0
	:: falls < FALLS ->
		falls++;
		server_dead = true;
		atomic {
			server_gone;
			if
			:: service_stop(EXPECTED)
			:: service_stop(SHUT); falls = FALLS + 1
			fi;
			t = 0;
			do
			:: t < LINES ->
				if
				:: theirs[t] == ATTACHED -> let_go(t)
				:: else
				fi;
				t++
			:: else -> break
			od;
			t = 0
		};
		if
		:: falls <= FALLS -> server_dead = false
		:: else -> break
		fi
	:: break
	od
}

/* Nothing goes on any more. */
proctype judge()
{
	byte l;

end:	timeout ->
	d_step {
		assert(len(queue) == 0 && len(spare) == LINES);
		do
		:: l < LINES -> assert(ours[l] == ENDED && theirs[l] == ENDED); l++
		:: else -> break
		od;
		l = 0;
		do
		:: l < TASKS -> assert(state[l] == FREE && !share[l]); l++
		:: else -> break
		od
	}
}

init {
	byte l;

	atomic {
		do
		:: l < LINES -> spare ! l; l++
		:: else -> break
		od;
		l = 0;
		do
		:: l < TASKS -> run task(l); l++
		:: else -> break
		od;
		run server();
		run closer();
		run container();
		run judge()
	}
}
