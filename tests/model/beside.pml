/* SPDX-License-Identifier: MIT */
/*
 * Two threads of one core that hand messages over by direct calls into the kernel
 * (ipc/endpoint_beside.c, container/kernel_calls.h), without polls and without the
 * barrier S2. One runs at a time, until the kernel lets the other one go on: when it
 * sleeps, when its time is over, at any step. That is a full barrier, and so is the
 * entry into the kernel. Either thread may leave for another core, which sets
 * `strayed`; from then on both run at once. A third thread, of another core, asks
 * both to stop.
 *
 * Checked: whenever nothing can go on any more, nobody sleeps who has a message or
 * was asked to stop.
 */
#ifndef MESSAGES
#define MESSAGES 1 /* that each sends */
#endif
#define SLEEPS 0
#define FENCED 0

/* What is wrong, for the runs that have to fail. */
#define NOT_SILENT 40    /* beside_sleep does not look at the ring behind S1 */
#define STRAYED_BLIND 41 /* ... nor whether a thread has left */
#define STOP_BLIND 42    /* ... nor whether it is to stop */
#define STOP_LOOKED 43   /* endpoint_stop looks at the flag before it rings */
#define NO_SWITCH 44     /* a switch of threads is no barrier */
#define STRAYED_UNSAID 45 /* who leaves does not say so */
#define ANSWER_UNTOLD 46 /* endpoint_answer takes the bit off and wakes nobody */

#define THREADS 3
#define STRANGER 2

#define WORDS 7
#define NEWS(t) (t)        /* what the thread has received from the other: a count */
#define FLAG(t) ((t) + 2)
#define STOP(t) ((t) + 4)
#define STRAYED 6

#include "bell.pml"

byte running;    /* the thread that has the core */
bool apart;      /* each has one of its own */
bool done[2];    /* gone from it for ever */
byte got[2];     /* messages received */

#define HERE(t) (apart || running == (t))

/* The kernel lets the other thread go on, if it can; at any moment. */
proctype switcher()
{
end:	do
	:: atomic {
			!apart && !asleep[FLAG(1 - running)] && !done[1 - running] ->
			if
			:: MUTANT == NO_SWITCH
			:: else -> drain(running)
			fi;
			running = 1 - running
		}
	od
}

/* A thread is moved to another core, once, by its own call. */
inline leave(t)
{
	atomic {
		HERE(t) ->
		d_step { drain(t); memory[STRAYED] = MUTANT != STRAYED_UNSAID; apart = true }
	}
}

/* S1 to S4. A thread that has strayed pays S2, in bell_arm, which is another way to sleep. */
inline sleep(t)
{
	atomic { HERE(t) -> fetch_or(t, FLAG(t), PARKED, before) };
	atomic { HERE(t) -> load(STRAYED, strayed) };
	if
	:: strayed && MUTANT != STRAYED_BLIND -> barrier_everywhere(t, at)
	:: else
	fi;
	atomic { HERE(t) -> load(STOP(t), stop) };
	atomic { HERE(t) -> load(NEWS(t), news) };
	if
	:: (stop && MUTANT != STOP_BLIND) || (news > got[t] && MUTANT != NOT_SILENT)
	:: else ->
		atomic { HERE(t) -> d_step { drain(t); asleep[FLAG(t)] = memory[FLAG(t)] == PARKED } };
end_asleep:	!asleep[FLAG(t)]
	fi;
	atomic { HERE(t) -> fetch_and(t, FLAG(t), UNPARKED, before) };
	before = 0;
	news = 0;
	strayed = 0
}

/* channel_send: T1 to T3, and endpoint_answer. */
inline send(t)
{
	sent++;
	atomic { HERE(t) -> store(t, NEWS(1 - t), sent) };
	atomic { HERE(t) -> load(FLAG(1 - t), flag) };
	if
	:: flag & PARKED ->
		atomic { HERE(t) -> fetch_and(t, FLAG(1 - t), UNPARKED, flag) };
		if
		:: flag & PARKED && MUTANT != ANSWER_UNTOLD ->
			atomic { HERE(t) -> futex_wake(t, FLAG(1 - t)) }
		:: else
		fi
	:: else
	fi;
	flag = 0
}

proctype thread(byte t)
{
	byte sent, news, flag, before, stop, strayed, at;

	do
	:: t == 0 && !apart -> leave(t)
	:: sent < MESSAGES -> send(t)
	:: got[t] < MESSAGES ->
		atomic { HERE(t) -> load(NEWS(t), news) };
		if
		:: news > got[t] -> got[t]++; news = 0
		:: else ->
			news = 0;
			atomic { HERE(t) -> load(STOP(t), stop) };
			if
			:: stop -> break
			:: else -> sleep(t)
			fi
		fi
	:: break /* it may do nothing more, for ever */
	od;
	atomic { HERE(t) -> d_step { drain(t); done[t] = true; running = 1 - t } }
}

/* endpoint_stop of one of them */
proctype stranger()
{
	byte before, t;

	if
	:: t = 1
	:: skip
	fi;
	store(STRANGER, STOP(t), 1);
	if
	:: MUTANT == STOP_LOOKED ->
		load(FLAG(t), before);
		if
		:: before & PARKED -> ring(STRANGER, FLAG(t), true, before)
		:: else
		fi
	:: else -> ring(STRANGER, FLAG(t), true, before)
	fi
}

/* Nothing goes on any more. */
proctype judge()
{
	byte t;

end:	timeout ->
	d_step {
		do
		:: t < 2 ->
			assert(!asleep[FLAG(t)] || memory[NEWS(t)] == got[t] && !memory[STOP(t)]);
			t++
		:: else -> break
		od
	}
}

init {
	atomic {
		run core(0);
		run core(1);
		run core(STRANGER);
		run thread(0);
		run thread(1);
		run stranger();
		run switcher();
		run judge()
	}
}
