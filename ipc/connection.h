/* SPDX-License-Identifier: MIT */
/*
 * A channel over the lives of its two components.
 *
 * The two rings of a channel carry one connection at a time. A component that
 * ends leaves it; the survivor, once told, lets go of it by opening the channel
 * again. When neither end holds the old connection any more, the rings begin
 * anew, and a new one is there:
 *
 *   ATTACHED    holds the connection in the rings: open, or closed and not let go
 *   CONNECTING  waits, at rings of its own where nothing ever is, for the peer to
 *               let go of the connection before
 *   AWAITED     does not run; the survivor has let go already, so the rings are
 *               new and may hold messages for the component's next life
 *   ENDED       does not run, or runs and was refused; holds nothing
 *
 * A service (service_table.h) has connections that pass from one pair of ends to
 * the next. There both are ENDED between one pair and another, and AWAITED is the
 * server's end until it accepts; an end that has let go never comes back.
 *
 * Whatever changes these states holds the lock of ipc/channel_lock.h, which the
 * functions below take. The threads of a CONNECTING end learn from `ready` in
 * struct channel that they may join the rings, each side by itself.
 */
#ifndef IPC_CONNECTION_H
#define IPC_CONNECTION_H

#include <stdbool.h>

#include "ipc/endpoint.h"

enum connection_state {
	CONNECTION_ATTACHED,
	CONNECTION_CONNECTING,
	CONNECTION_AWAITED,
	CONNECTION_ENDED,
};

struct connection_end {
	struct channel *ch;
	enum connection_state state;
	enum channel_reason reason; /* how the component's last life ended */
	bool gone;                  /* it will not be started again */
};

struct connection {
	struct connection_end ends[2];
};

/* Both ends attached to rings that have begun. */
void connection_init(struct connection *c, struct channel *from, struct channel *to);

/*
 * The component of this end (0 or 1) opens it. True when there is a connection,
 * or will be one; false when the peer has ended and will not return. Lets go of
 * a connection that is closed both ways, or that the peer has left and this end
 * was told so; no other thread may then be in a call on the endpoint.
 */
bool connection_open(struct connection *c, unsigned end);

/*
 * The component's life has ended; no thread of it runs. Every call after the
 * first one of a life does nothing.
 */
void connection_leave(struct connection *c, unsigned end, enum channel_reason reason);

/* A component that left begins a new life; it has no thread yet. */
void connection_return(struct connection *c, unsigned end);

/* The component will not begin another life. */
void connection_forsake(struct connection *c, unsigned end);

/* The connections of a service. The lock is held. */

/*
 * Nobody holds the rings: begin them anew for this client's endpoint, which has
 * been given them and is end 0, and for whoever accepts.
 */
void connection_offer(struct connection *c, struct channel *client);

/* The server's endpoint joins the rings. False: none are offered. */
bool connection_accept(struct connection *c);

/* An end lets go, also one that never came. Whether nobody holds the rings any more. */
bool connection_let_go(struct connection *c, unsigned end, enum channel_reason reason);

#endif
