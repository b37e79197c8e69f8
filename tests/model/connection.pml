/* SPDX-License-Identifier: MIT */
/*
 * A channel over the lives of its two components (ipc/connection.h, connection.c,
 * endpoint_life.c): both open, close, end, return and are forsaken in every
 * order. A function under channel_lock is one step; what a component does with its
 * endpoint in between are others. Of the rings there is what says that they are
 * closed, and a number of the connection in them.
 *
 * A component of this model closes and opens again once it was told of an end.
 *
 * Checked: rings never begin anew under somebody; two attached ends are in the
 * same connection; whenever nothing can go on any more, no end waits for its
 * connection, and one that waits for a message has a peer that is there.
 */
#ifndef LIVES
#define LIVES 2  /* of each component, at most */
#endif
#ifndef CLOSES   /* of each component that it is not told to make */
#define CLOSES 1
#endif

/* What is wrong, for the runs that have to fail. */
#define KEPT 1           /* connection_detach does not renew for a peer that waits */
#define NOT_AWAITED 2    /* connection_renew takes a peer that has ended for attached */
#define FORSAKEN_OPEN 3  /* connection_forsake leaves new rings open for nobody */
#define TOOK_OVER 4      /* connection_return_first attaches whatever the peer does */
#define LET_GO_LATE 5    /* connection_broken does not count a peer that has left */
#define OPENED_TO_NONE 6 /* connection_again does not refuse what is gone */
#define CLOSED_BEFORE 7  /* endpoint_ready forgets what was closed while it waited */
#define BURIED_NOWHERE 8 /* endpoint_bury does not join rings that were ready */
#define FINISHED_NOWHERE 9 /* endpoint_finish_waiting does not look whether it may join */
#define STAYED_CLOSED 10 /* connection_open leaves a closed end closed until the peer comes */
#ifndef MUTANT
#define MUTANT 0
#endif

/* enum connection_state */
#define ATTACHED 0
#define CONNECTING 1
#define AWAITED 2
#define ENDED 3

/* In the rings. Ring e is the one in which end e sends. */
byte number;      /* of the connection, modulo 4 */
bool fin[2];      /* the closing record */
bool shut[2];     /* the receiver refuses: RING_CLOSED */

/* struct connection_end */
byte state[2];
bool gone[2];

/* struct channel */
bool tx[2];       /* the sending side has a reason: it is closed */
bool rx[2];
bool refused[2];  /* ... and the reason is the receiver's */
bool tx_waits[2];
bool rx_waits[2];
bool ready[2];
byte joined[2];   /* the connection whose rings the end stands at, or will with `ready` */

bool alive[2];    /* the component runs */
bool out[2];      /* its open was refused */

#define TOLD(x) (rx[x] || refused[x])
#define BOTH(x) (tx[x] && rx[x])

/* endpoint_join_tx and endpoint_join_rx, on the component's own threads */
inline join_tx(x, y)
{
	if
	:: tx_waits[x] && ready[x] -> tx[x] = false; refused[x] = false; tx_waits[x] = false
	:: else
	fi
}

inline join_rx(x, y)
{
	if
	:: rx_waits[x] && ready[x] -> rx[x] = false; rx_waits[x] = false
	:: else
	fi
}

inline endpoint_join(x, y)
{
	joined[x] = number;
	tx[x] = false;
	rx[x] = false;
	refused[x] = false;
	tx_waits[x] = false;
	rx_waits[x] = false
}

inline endpoint_connect(x, y)
{
	tx[x] = false;
	rx[x] = false;
	refused[x] = false;
	ready[x] = false;
	tx_waits[x] = true;
	rx_waits[x] = true
}

inline endpoint_ready(x, y)
{
	if
	:: MUTANT != CLOSED_BEFORE ->
		fin[x] = tx[x];
		shut[y] = rx[x]
	:: else
	fi;
	joined[x] = number;
	ready[x] = true
}

/* endpoint_finish; a side that is closed already has nothing to do. */
inline endpoint_finish(x, y)
{
	if
	:: tx[x]
	:: !tx[x] && tx_waits[x] && !(ready[x] && MUTANT != FINISHED_NOWHERE) -> tx[x] = true
	:: else -> join_tx(x, y); fin[x] = true; tx[x] = true
	fi
}

inline endpoint_refuse(x, y)
{
	if
	:: rx[x]
	:: !rx[x] && rx_waits[x] && !(ready[x] && MUTANT != FINISHED_NOWHERE) -> rx[x] = true
	:: else -> join_rx(x, y); shut[y] = true; rx[x] = true
	fi
}

inline endpoint_bury(x, y)
{
	if
	:: ready[x] && MUTANT != BURIED_NOWHERE -> join_tx(x, y); join_rx(x, y)
	:: else
	fi;
	if
	:: !tx_waits[x] -> fin[x] = true
	:: else
	fi;
	if
	:: !rx_waits[x] -> shut[y] = true
	:: else
	fi;
	tx[x] = true;
	rx[x] = true
}

inline connection_bury_new(x, y)
{
	endpoint_join(x, y);
	endpoint_bury(x, y);
	state[x] = ENDED
}

inline connection_renew(x, y)
{
	assert(state[y] != ATTACHED);
	number = (number + 1) % 4;
	fin[0] = false;
	fin[1] = false;
	shut[0] = false;
	shut[1] = false;
	if
	:: state[y] == CONNECTING -> state[y] = ATTACHED; endpoint_ready(y, x)
	:: else -> state[y] = (MUTANT == NOT_AWAITED -> ATTACHED : AWAITED)
	fi
}

inline connection_attach(x, y)
{
	connection_renew(x, y);
	endpoint_join(x, y);
	state[x] = ATTACHED
}

inline connection_connect(x, y)
{
	endpoint_connect(x, y);
	state[x] = CONNECTING
}

/* connection_broken */
#define LEFT(y) ((state[y] == ENDED || state[y] == CONNECTING) && MUTANT != LET_GO_LATE)
#define BROKEN(x, y) (BOTH(x) || LEFT(y) && TOLD(x))

inline connection_open(x, y)
{
	atomic {
		if
		:: state[x] == ENDED || state[x] == AWAITED -> out[x] = true
		:: state[x] == CONNECTING ->
			if
			:: BOTH(x) && MUTANT != STAYED_CLOSED -> connection_connect(x, y)
			:: else
			fi
		:: state[x] == ATTACHED && !BROKEN(x, y)
		:: state[x] == ATTACHED && BROKEN(x, y) ->
			if
			:: state[y] == ENDED && gone[y] && MUTANT != OPENED_TO_NONE ->
				out[x] = true
			:: else ->
				if
				:: state[y] == ATTACHED -> connection_connect(x, y)
				:: else -> connection_attach(x, y)
				fi
			fi
		fi
	}
}

/* With connection_detach. */
inline connection_leave(x, y)
{
	atomic {
		alive[x] = false;
		if
		:: state[x] == ATTACHED || state[x] == CONNECTING ->
			endpoint_bury(x, y);
			state[x] = ENDED;
			if
			:: state[y] == CONNECTING && MUTANT != KEPT ->
				connection_renew(x, y);
				state[x] = AWAITED;
				if
				:: gone[x] -> connection_bury_new(x, y)
				:: else
				fi
			:: else
			fi
		:: else
		fi
	}
}

inline connection_return(x, y)
{
	atomic {
		alive[x] = true;
		out[x] = false;
		if
		:: state[x] == AWAITED -> endpoint_join(x, y); state[x] = ATTACHED
		:: state[x] == ENDED ->
			if
			:: state[y] == ATTACHED && MUTANT != TOOK_OVER -> connection_connect(x, y)
			:: (state[y] != ATTACHED || MUTANT == TOOK_OVER) &&
			   (state[y] != ENDED || !gone[y]) -> connection_attach(x, y)
			:: else
			fi
		fi
	}
}

inline connection_forsake(x, y)
{
	atomic {
		gone[x] = true;
		if
		:: state[x] == AWAITED && MUTANT != FORSAKEN_OPEN -> connection_bury_new(x, y)
		:: else
		fi
	}
}

/* endpoint_reserve and endpoint_peek see what the peer has closed. */
#define SEES_SHUT(x) (!tx[x] && (!tx_waits[x] || ready[x]) && shut[x])
#define SEES_FIN(x, y) (!rx[x] && (!rx_waits[x] || ready[x]) && fin[y])

proctype component(byte e; byte p)
{
	byte lives, closes;
	bool mortal;

	do
	:: closes < CLOSES -> closes++
	:: break
	od;
	do
	:: /* A life, which ends somewhere or not. */
		if
		:: lives < LIVES -> mortal = true; lives++
		:: mortal = false
		fi;
		connection_open(e, p);
end:		do
		:: out[e] -> break /* nobody to talk to: it ends */
		:: !out[e] && SEES_SHUT(e) ->
			atomic { join_tx(e, p); tx[e] = true; refused[e] = true }
		:: !out[e] && SEES_FIN(e, p) ->
			atomic { join_rx(e, p); rx[e] = true }
		:: !out[e] && TOLD(e) ->
			if
			:: atomic { endpoint_finish(e, p) }; atomic { endpoint_refuse(e, p) }
			:: state[p] == ENDED || state[p] == CONNECTING /* it has left: no need to close */
			fi;
			connection_open(e, p)
		:: !out[e] && closes ->
			closes--;
			atomic { endpoint_finish(e, p) };
			if
			:: atomic { endpoint_refuse(e, p) }; connection_open(e, p)
			:: skip /* half-closed */
			fi
		:: !out[e] && mortal -> break
		od;
		/* channel_table_end: its container knows whether it will return. */
		if
		:: mortal -> connection_leave(e, p); connection_return(e, p)
		:: connection_forsake(e, p); connection_leave(e, p); break
		:: connection_leave(e, p); connection_forsake(e, p); break /* decided meanwhile */
		fi
	od
}

/* At every moment: both attached ends are, or will be, in the connection of the rings. */
proctype same()
{
end:	state[0] == ATTACHED && state[1] == ATTACHED && (joined[0] != number || joined[1] != number) ->
	assert(false)
}

/* Nothing goes on any more. */
proctype judge()
{
	byte e;

end:	timeout ->
	d_step {
		do
		:: e < 2 ->
			if
			:: alive[e] ->
				assert(state[e] == ATTACHED);
				assert(alive[1 - e] && state[1 - e] == ATTACHED)
			:: else
			fi;
			e++
		:: else -> break
		od;
		e = 0
	}
}

init {
	atomic {
		alive[0] = true;
		alive[1] = true;
		run component(0, 1);
		run component(1, 0);
		run same();
		run judge()
	}
}
