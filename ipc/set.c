/* SPDX-License-Identifier: MIT */
/* A set and its members: made, added, removed. */
#include "ipc/set.h"

#include <errno.h>
#include <stdlib.h>

#include "container/component_self.h"
#include "ipc/set_member.h"

_Static_assert(CHANNEL_SET_MAX == BELL_MEMBERS, "a bit of the bell for each member");

#define SET_FIRST 8 /* members that a set has room for at first */

int set_init(struct channel_set *s, unsigned component)
{
	*s = (struct channel_set){.bell = bell_set_take(component)};
	if (!s->bell)
		return -EAGAIN;
	s->serial = s->bell->serial;
	s->hot.next = s->hot.before = &s->hot;
	return 0;
}

void set_end(struct channel_set *s)
{
	bell_set_give(s->bell, s->serial);
	free(s->slots);
	free(s->free);
	free(s->timers);
}

static bool set_resize(void *array, size_t bytes)
{
	void *grown = realloc(*(void **)array, bytes);

	if (grown)
		*(void **)array = grown;
	return grown != NULL;
}

int set_grow(struct channel_set *s, unsigned members)
{
	unsigned before = s->capacity, after = before ? before : SET_FIRST;

	if (members > CHANNEL_SET_MAX)
		return -ENOSPC;
	while (after < members)
		after *= 2;
	if (members <= before)
		return 0;
	if (!set_resize(&s->slots, after * sizeof(struct channel_member *)) ||
	    !set_resize(&s->timers, after * sizeof(struct channel_member *)) ||
	    !set_resize(&s->free, after * sizeof(*s->free)))
		return -ENOMEM;
	for (unsigned i = before; i < after; i++) {
		s->slots[i] = NULL;
		s->free[before - s->used + (after - 1 - i)] = i;
	}
	s->capacity = after;
	return 0;
}

void set_join(struct channel_set *s, struct channel_member *m)
{
	m->set = s;
	m->slot = s->free[s->capacity - ++s->used];
	s->slots[m->slot] = m;
	if (!m->attempt.ch)
		return;
	m->is_far = !m->attempt.ch->beside;
	s->far += m->is_far;
	set_heat(m);
}

void set_leave(struct channel_member *m)
{
	struct channel_set *s = m->set;

	set_heat(m); /* no flag names it any more */
	set_unlist(m);
	set_timer_stop(m);
	s->far -= m->is_far;
	s->slots[m->slot] = NULL;
	s->free[s->capacity - s->used--] = m->slot;
}

struct channel_set *channel_set_new(void)
{
	struct channel_set *s = malloc(sizeof(*s));
	int err = s ? set_init(s, component_index()) : -ENOMEM;

	if (!err)
		return s;
	free(s);
	errno = -err;
	return NULL;
}

void channel_set_free(struct channel_set *set)
{
	for (unsigned i = 0; i < set->capacity; i++)
		if (set->slots[i])
			channel_member_remove(set->slots[i]);
	set_end(set);
	free(set);
}

struct channel_member *set_add(struct channel_set *s, void *tag, struct channel *ch)
{
	int err = set_grow(s, s->used + 1);
	struct channel_member *m = err ? NULL : malloc(sizeof(*m));

	if (!m) {
		errno = err ? -err : ENOMEM;
		return NULL;
	}
	*m = (struct channel_member){.tag = tag, .probe = true};
	m->attempt.ch = ch;
	set_join(s, m);
	return m;
}

struct channel_member *channel_set_receive(struct channel_set *set, struct channel *ch, void *tag)
{
	struct channel_member *m = set_add(set, tag, ch);

	if (m) {
		m->attempt.msg = &m->msg;
		m->attempt.msg_len = &m->msg_len;
	}
	return m;
}

struct channel_member *channel_set_send(struct channel_set *set, struct channel *ch, size_t len,
					void *tag)
{
	struct channel_member *m = set_add(set, tag, ch);

	if (m) {
		m->attempt.room = &m->room;
		m->attempt.room_len = len;
	}
	return m;
}

struct channel_member *channel_set_timer(struct channel_set *set, uint64_t deadline, void *tag)
{
	struct channel_member *m = set_add(set, tag, NULL);

	if (m)
		set_timer_start(m, deadline);
	return m;
}

struct channel_member *channel_set_event(struct channel_set *set, void *tag)
{
	return set_add(set, tag, NULL);
}

void channel_member_time(struct channel_member *timer, uint64_t deadline)
{
	__atomic_store_n(&timer->raised, false, __ATOMIC_RELAXED);
	set_timer_start(timer, deadline);
}

void channel_member_raise(struct channel_member *event)
{
	__atomic_store_n(&event->raised, true, __ATOMIC_RELEASE);
	bell_tell(bell_whom(event->set->bell, event->slot));
}

void channel_member_remove(struct channel_member *m)
{
	set_leave(m);
	free(m);
}

enum channel_status channel_set_wait(struct channel_set *set, uint64_t deadline, void **tag)
{
	struct channel_member *m;
	enum channel_status status = set_wait(set, deadline, &m);

	if (status == CHANNEL_OK)
		*tag = m->tag;
	return status;
}
