/* SPDX-License-Identifier: MIT */
/*
 * A service: its lines, who has which and who waits for one (ipc/service_table.h,
 * service_table.c, service.c, service_image.c). Tasks of clients connect, with a
 * deadline or none, call once and drop; the server accepts, answers, keeps a request
 * while it drops the connection, closes and listens again; both end at any moment, and
 * begin again.
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

/* What is wrong, besides the faults of service_table.pml, for the runs that have to fail. */
#define GIVEN_TO_DEAD 6 /* service_table_end retires first what is held */
#define OLD_ANSWERED 10 /* an old request is answered on the connection of the next */
#define LATE_KEPT 14    /* what was given as the deadline passed is not looked for */

#include "service_table.pml"

#define OVER(l) (reply[l] || closed[l])

proctype task(byte t)
{
	byte times, i, n, x, y;
	bool blocked, patient;

again:	{
		do
		:: times < TIMES ->
			times++;
			atomic { service_take(t) };
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
				service_admit(l);
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
