/* SPDX-License-Identifier: MIT */
/* A set's timers: a binary heap in which each member knows its place. */
#include "ipc/set_member.h"

static void set_timer_put(struct channel_set *s, unsigned place, struct channel_member *m)
{
	s->timers[place - 1] = m;
	m->timer = place;
}

static void set_timer_up(struct channel_set *s, unsigned place, struct channel_member *m)
{
	while (place > 1 && s->timers[place / 2 - 1]->deadline > m->deadline) {
		set_timer_put(s, place, s->timers[place / 2 - 1]);
		place /= 2;
	}
	set_timer_put(s, place, m);
}

static void set_timer_down(struct channel_set *s, unsigned place, struct channel_member *m)
{
	for (unsigned child; (child = 2 * place) <= s->timer_count; place = child) {
		if (child < s->timer_count &&
		    s->timers[child]->deadline < s->timers[child - 1]->deadline)
			child++;
		if (s->timers[child - 1]->deadline >= m->deadline)
			break;
		set_timer_put(s, place, s->timers[child - 1]);
	}
	set_timer_put(s, place, m);
}

void set_timer_start(struct channel_member *m, uint64_t deadline)
{
	struct channel_set *s = m->set;

	set_timer_stop(m);
	m->deadline = deadline;
	if (deadline != UINT64_MAX)
		set_timer_up(s, ++s->timer_count, m);
}

void set_timer_stop(struct channel_member *m)
{
	struct channel_set *s = m->set;
	struct channel_member *last;
	unsigned place = m->timer;

	if (!place)
		return;
	m->timer = 0;
	last = s->timers[--s->timer_count];
	if (last == m)
		return;
	set_timer_up(s, place, last);
	set_timer_down(s, last->timer, last);
}

void set_timers_expire(struct channel_set *s)
{
	while (s->timer_count && bell_past(s->timers[0]->deadline)) {
		struct channel_member *m = s->timers[0];

		set_timer_stop(m);
		__atomic_store_n(&m->raised, true, __ATOMIC_RELAXED);
		set_heat(m);
	}
}

uint64_t set_timers_next(const struct channel_set *s)
{
	return s->timer_count ? s->timers[0]->deadline : UINT64_MAX;
}
