/* SPDX-License-Identifier: MIT */
/*
 * Sets: one thread waits for any number of endpoints, timers and events at once.
 *
 *   struct channel_set *set = channel_set_new();
 *
 *   channel_set_receive(set, requests, &requests);
 *   channel_set_timer(set, deadline, &tick);
 *   while (channel_set_wait(set, CHANNEL_FOREVER, &tag) == CHANNEL_OK)
 *           ...
 *
 * What a wait costs does not grow with the members that have nothing to tell.
 * Members that have are reported in turn, one at each wait, so none starves
 * another. An endpoint is reported for as long as it is ready: a message waits,
 * there is room, or it is closed. A timer or an event is reported once.
 *
 * A set belongs to one thread, which is also the one that receives (or sends) on
 * the endpoints in it. Only channel_member_raise may be called on any other one. To
 * add allocates, to wait does not. A set has at most CHANNEL_SET_MAX members.
 */
#ifndef IPC_SET_H
#define IPC_SET_H

#include "ipc/channel.h"

#define CHANNEL_SET_MAX 4096

struct channel_set;
struct channel_member; /* something waited for, until channel_member_remove */

/*
 * NULL with errno ENOMEM, or EAGAIN: the image has 64 sets, those of the
 * schedulers of task.h included. What a component that ends leaves is taken back.
 */
struct channel_set *channel_set_new(void);

/* The members go with it. */
void channel_set_free(struct channel_set *set);

/*
 * Add a member; tag is what channel_set_wait answers. NULL with errno ENOMEM or
 * ENOSPC. An endpoint may be in a set for both, once for each: one that is there twice
 * keeps the wait from sleeping. Calls of channel.h on it may wait by themselves meanwhile.
 */

/*
 * Ready when there is a message, or, at an end that serves calls (mailbox.h), a
 * request, or none will ever come.
 */
struct channel_member *channel_set_receive(struct channel_set *set, struct channel *ch, void *tag);

/*
 * Ready when there is room for a message of len bytes, or never will be. No
 * reservation on the endpoint outlasts a wait.
 */
struct channel_member *channel_set_send(struct channel_set *set, struct channel *ch, size_t len,
					void *tag);

/*
 * Ready when the mailbox's call under way (mailbox.h) has its reply, or never will; not while
 * none is under way.
 */
struct channel_member *channel_set_reply(struct channel_set *set, struct channel *ch, void *tag);

/* Ready once, when the deadline is past. CHANNEL_FOREVER: not yet running. */
struct channel_member *channel_set_timer(struct channel_set *set, uint64_t deadline, void *tag);

/* Ready once after it was raised, however often. */
struct channel_member *channel_set_event(struct channel_set *set, void *tag);

/* Start the timer again, with this deadline. */
void channel_member_time(struct channel_member *timer, uint64_t deadline);

/* Any thread; not at the same time as channel_member_remove, or behind it. */
void channel_member_raise(struct channel_member *event);

/* Take the member out of its set, and free it. */
void channel_member_remove(struct channel_member *m);

/*
 * Wait for a member that is ready. CHANNEL_OK with its tag, CHANNEL_AGAIN when
 * the deadline is past, CHANNEL_STOPPING as in channel.h, CHANNEL_CLOSED when the
 * component has ended (its exit handlers may still run).
 */
enum channel_status channel_set_wait(struct channel_set *set, uint64_t deadline, void **tag);

#endif
