/* SPDX-License-Identifier: MIT */
/*
 * What a set knows of its members.
 *
 * A member is hot or cold. Hot ones stand in a list, and a look at the set tries
 * them in turn. Cold ones nobody tries: the flag of a cold endpoint names it
 * (bell_set.h), and whoever has news there sets its bit in the set's bell, which
 * makes it hot again. An endpoint cools down when the set parks, or when it was
 * tried in vain for about as long as cooling costs.
 */
#ifndef IPC_SET_MEMBER_H
#define IPC_SET_MEMBER_H

#include "ipc/bell_set.h"
#include "ipc/endpoint.h"
#include "ipc/set.h"

struct channel_member {
	struct channel_member *next, *before; /* in the hot list; NULL when cold */
	struct channel_set *set;
	void *tag;

	struct endpoint_attempt attempt; /* of an endpoint; ch is NULL in others */
	enum channel_status status;      /* its last answer */
	uint32_t *named;                 /* the flag that names it, or NULL */
	unsigned vain;                   /* tries since it was last ready */
	bool is_far;                     /* counted in the set */
	bool probe;                      /* to be undone: nobody uses what was attempted */
	const void *msg;                 /* where the attempts of a probe go */
	size_t msg_len;
	void *room;

	bool raised; /* ready, whatever the attempt says; any thread sets it */
	unsigned slot;
	uint64_t deadline; /* when it is to be raised, while it has a timer */
	unsigned timer;    /* its place in the set's timers, from 1; 0: none */
};

struct channel_set {
	struct bell_set *bell;
	uint64_t serial;           /* the bell's, as long as it is this set's */
	struct channel_member hot; /* head of the list; the member at `next` is tried first */
	unsigned hot_count;
	unsigned far;  /* endpoints whose peers are on other cores */
	unsigned vain; /* tries in vain since the last cooling */
	struct endpoint_patience patience;

	unsigned capacity; /* of the three arrays, in members */
	unsigned used;
	struct channel_member **slots;  /* by number in the bell; NULL: free */
	unsigned *free;                 /* numbers of free slots; capacity - used of them */
	struct channel_member **timers; /* a heap, the next deadline first */
	unsigned timer_count;
};

/* 0, or -EAGAIN: no bell is free. */
int set_init(struct channel_set *s, unsigned component);
void set_end(struct channel_set *s);

/* Have room for so many members. 0, -ENOMEM or -ENOSPC. */
int set_grow(struct channel_set *s, unsigned members);

/*
 * A new member: of the endpoint, whose attempt is the caller's to fill in before the next
 * look, or of none. NULL with errno ENOMEM or ENOSPC.
 */
struct channel_member *set_add(struct channel_set *s, void *tag, struct channel *ch);

/* Room was made. The member, all but its set and slot filled in, is hot. */
void set_join(struct channel_set *s, struct channel_member *m);
void set_leave(struct channel_member *m);

/* Have the member tried. On the set's thread. */
void set_heat(struct channel_member *m);
void set_unlist(struct channel_member *m);

/* A ready member, or NULL, after at most so many tries. Never waits. */
struct channel_member *set_look(struct channel_set *s, unsigned tries);

/* The same until the deadline is past or the set stops. */
enum channel_status set_wait(struct channel_set *s, uint64_t deadline, struct channel_member **m);

/* Whether the set's component was asked to stop. */
bool set_stopping(const struct channel_set *s);

/* Raise the member at its deadline; no more. */
void set_timer_start(struct channel_member *m, uint64_t deadline);
void set_timer_stop(struct channel_member *m);

/* Raise and heat all members whose deadline is past. */
void set_timers_expire(struct channel_set *s);

/* The next deadline of a timer; UINT64_MAX where there is none. */
uint64_t set_timers_next(const struct channel_set *s);

#endif
