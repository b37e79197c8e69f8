/* SPDX-License-Identifier: MIT */
/*
 * The services of one image: pools of connections, and who has which.
 *
 * A service has as many lines as the manifest gives it connections, each two
 * rings and the states of connection.h. A line's server endpoint is always the
 * same one. A client has endpoints of its own, as many as it may hold, that are
 * given the rings of whatever line is free, so a pointer that a client has kept
 * never leads to another one's connection.
 *
 *   client's end   FREE -> WAITING -> HELD -> FREE
 *                          in the queue, at rings of its own where nothing ever
 *                          is; or REFUSED, to be fetched by who waits with it
 *   line           free -> offered -> accepted -> one end let go -> free
 *                          its number is in the door, a ring that the server's
 *                          end of which is waited for like any other
 *
 * All of it is in the container's memory and under the lock of channel_lock.h; only
 * the messages in the door are waited for without.
 */
#ifndef IPC_SERVICE_TABLE_H
#define IPC_SERVICE_TABLE_H

#include "ipc/channel_table.h"
#include "ipc/connection.h"
#include "ipc/service.h"

/* Connections of one service. */
#define SERVICE_LINES_MAX 1024

/* Tasks of one client that may wait for what others of them have. */
#define SERVICE_WAITERS 16

enum service_state {
	SERVICE_EXPECTED, /* the server does not listen yet */
	SERVICE_LISTENS,
	SERVICE_CLOSED, /* by the server */
	SERVICE_GONE,   /* the server will not return */
};

enum service_end_state {
	SERVICE_END_FREE,
	SERVICE_END_WAITING,
	SERVICE_END_REFUSED,
	SERVICE_END_HELD,
};

struct service_client {
	unsigned component;
	unsigned lines;           /* it has taken, until they are free */
	unsigned taken;           /* ends that are not free */
	struct service_end *ends; /* as many as it may hold lines, and SERVICE_WAITERS */
	struct service_end *free, **free_tail;
};

/* An endpoint as components have it. */
struct service_end {
	struct channel ch; /* first: the pointer is the same */
	struct service *service;
	struct service_client *client; /* NULL: the server's */
	struct service_line *line;     /* while HELD */
	enum service_end_state state;
	struct service_end *next; /* among the client's free ones, or in the queue */
};

struct service_line {
	struct connection connection; /* end 0 is the client's, 1 the server's */
	struct service_client *client;
	struct service_line *next; /* free */
};

struct service {
	struct channel closed[CHANNEL_PROTOCOL]; /* by reason, from CHANNEL_FINISHED on */
	struct channel door; /* its receiver is the server: numbers of lines that are offered */
	struct ring_sender knocker;
	const struct image_service *spec;
	enum service_state state;
	struct service_client *clients;
	struct service_line *lines;
	struct service_line *free, **free_tail;
	struct service_end *queue, **queue_tail; /* ends that wait for a line */
	struct service_end *ends;                /* the server's, one a line */
};

extern const struct channel_services service_table;

/* The service of that name, or NULL. Constant, as the two below. */
struct service *service_find(const char *name);

/* The component as a client of the service; NULL: it may not be one. */
struct service_client *service_client_find(struct service *s, unsigned component);

/* The endpoint as one of a service, of whatever component and state, or NULL. */
struct service_end *service_end_find(struct channel *ch);

/*
 * The two halves of channel_connect, for who waits in a way of its own. The first
 * gives an endpoint that may still wait for its rings, as one that is
 * CHANNEL_CONNECTING, or NULL with errno; channel_drop takes back that one, too. The
 * second says what came of the wait, which ended with that status.
 */
struct channel *service_connect_begin(const char *name);
struct channel *service_connect_end(struct channel *ch, enum channel_status status);

/*
 * Drop the endpoint and answer with one that is closed, for good, for the reason
 * that this one was, and shared by all who have been given it.
 */
struct channel *service_drop_closed(struct channel *ch);

/* Whether the calling component has another endpoint to connect to the service with. */
bool service_has_share(const char *name);

/* The lock is held for all of these. */

/* Listen; listen no more, and be in this state instead. */
void service_begin(struct service *s);
void service_stop(struct service *s, enum service_state state, enum channel_reason reason);

/*
 * An end of the client's that is HELD, or WAITING in the queue, and how many it may
 * have; NULL: it has them. service_retire brings it back, from whatever state.
 */
struct service_end *service_take(struct service *s, struct service_client *client, unsigned most);

/* The line's server end joins it, unless it was closed meanwhile: NULL. */
struct channel *service_admit(struct service *s, unsigned line);

/* One more free line; one more free end, in whatever state it was. */
void service_line_push(struct service *s, struct service_line *line);
void service_end_free(struct service_end *e);

/* The owner lets go of its end, or has ended. A client's is its own, free, afterwards. */
void service_retire(struct service_end *e, enum channel_reason reason);

#endif
