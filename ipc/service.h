/* SPDX-License-Identifier: MIT */
/*
 * Services: channels that are made while the image runs, between a component
 * that listens by a name and those that may connect to it.
 *
 *   server                              client
 *   s = service_listen("desk")
 *   service_accept(s, deadline, &ch)    ch = channel_connect("desk", deadline)
 *     the calls of channel.h, and all that is made of them, on ch
 *   channel_drop(ch)                    channel_drop(ch)
 *   service_close(s)
 *
 * The manifest says who may do so, and how many connections there are at once:
 * altogether, and of one client. A client takes one when it connects, and may send
 * before it is accepted. It is free for another one when both ends have dropped it
 * or ended. A server may be its own client, so that its tasks have channels too.
 *
 * An endpoint is used from channel_connect or service_accept until channel_drop;
 * channel_close only closes it. What a component still has when it ends is dropped
 * for it, and the peer reads "peer died" or "finished" as in channel.h.
 */
#ifndef IPC_SERVICE_H
#define IPC_SERVICE_H

#include "ipc/channel.h"
#include "ipc/set.h"

struct service; /* one that the calling component serves */

/*
 * Listen, if that is not so already: clients that wait are connected. It belongs
 * to the container and is the same one every time. NULL with errno ENOENT (no such
 * service) or EACCES (another component serves it).
 */
struct service *service_listen(const char *name);

/*
 * The next connection, in the order in which clients took them; one whose client
 * has ended meanwhile comes, too, with what was sent. Answers as channel.h has
 * them; CHANNEL_CLOSED: the service is closed. One thread or task at a time.
 */
enum channel_status service_accept(struct service *s, uint64_t deadline, struct channel **ch);

/*
 * Listen no more: who connects, or waits for that, is refused, what was not
 * accepted is closed. What was accepted goes on. One may listen again, once
 * no other thread is in service_accept any more.
 */
void service_close(struct service *s);

/*
 * A connection to the service. Waits while none is free, or this client has as
 * many as it may (those count that only the server has yet to drop), or the server
 * does not listen yet or is to be started again. NULL with errno
 *   ENOENT, EACCES  there is no such service; this component may not connect
 *   EMFILE          the component itself has, or waits for, as many as it may; on a
 *                   thread with tasks, which may drop one, 16 more may wait
 *   ECONNREFUSED    the server has closed the service, or has ended for good
 *   ETIMEDOUT       the deadline is past
 *   ESHUTDOWN       would wait for ever, but the component was asked to stop
 *   ECANCELED       the task was cancelled
 */
struct channel *channel_connect(const char *name, uint64_t deadline);

/*
 * Close the endpoint and give it back. It is in no call, stream or set any more.
 * Any further call on it answers CHANNEL_MISUSE, until this component is given it
 * again for a new connection; no other component ever is. CHANNEL_MISUSE: it is
 * no endpoint of a service that this component has, or a writer or reader is open on it.
 */
enum channel_status channel_drop(struct channel *ch);

/* A member of the set, as in set.h: ready when service_accept would not wait. */
struct channel_member *channel_set_accept(struct channel_set *set, struct service *s, void *tag);

#endif
