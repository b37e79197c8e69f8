/* SPDX-License-Identifier: MIT */
/* How a set waits: what it tries, what it leaves to the bell, and when it parks. */
#include "ipc/set_member.h"

/*
 * To cool members down takes a barrier in every thread, some microseconds for any
 * number of them. It pays after as much time lost in vain tries.
 */
#define SET_VAIN_MOST 4096
#define SET_VAIN_LEAST 4 /* a member with fewer is not the reason */

/* Looks between two at the clock, for timers, while there is other work. */
#define SET_LOOKS_CLOCK 16

static void set_list(struct channel_member *m)
{
	struct channel_member *head = &m->set->hot;

	m->next = head;
	m->before = head->before;
	head->before->next = m;
	head->before = m;
	m->set->hot_count++;
}

void set_unlist(struct channel_member *m)
{
	if (!m->next)
		return;
	m->next->before = m->before;
	m->before->next = m->next;
	m->next = m->before = NULL;
	m->set->hot_count--;
}

static void set_unname(struct channel_member *m)
{
	if (m->named)
		bell_unname(m->named, bell_whom(m->set->bell, m->slot));
	m->named = NULL;
}

void set_heat(struct channel_member *m)
{
	set_unname(m);
	m->vain = 0;
	if (!m->next)
		set_list(m);
}

static void set_told(struct channel_set *s, unsigned slot)
{
	if (slot < s->capacity && s->slots[slot])
		set_heat(s->slots[slot]);
}

/* The members that the bell was told of. It tells a word before its summary. */
static void set_collect(struct channel_set *s)
{
	uint64_t words, bits;

	if (!__atomic_load_n(&s->bell->summary, __ATOMIC_RELAXED))
		return;
	words = __atomic_exchange_n(&s->bell->summary, 0, __ATOMIC_SEQ_CST);
	for (; words; words &= words - 1) {
		unsigned word = (unsigned)__builtin_ctzll(words);

		bits = __atomic_exchange_n(&s->bell->told[word], 0, __ATOMIC_SEQ_CST);
		for (; bits; bits &= bits - 1)
			set_told(s, 64 * word + (unsigned)__builtin_ctzll(bits));
	}
}

/* What is held, and whether that is a request, stay as the caller has them. */
static enum channel_status set_probe_message(struct channel_member *m)
{
	struct ring_receiver *r = &m->attempt.ch->rx;
	uint64_t held = r->held, length = r->length;
	bool due = r->serve.due;
	enum channel_status status;

	/* As the endpoint receives by now. */
	m->attempt.make = m->attempt.ch->serves;
	status = endpoint_try(&m->attempt);
	r->serve.due = due;
	if (status == CHANNEL_OK) {
		r->held = held;
		r->length = length;
	}
	return status;
}

static enum channel_status set_probe_room(struct channel_member *m)
{
	enum channel_status status = endpoint_try(&m->attempt);

	m->attempt.ch->tx.reserved = 0;
	return status;
}

static enum channel_status set_try(struct channel_member *m)
{
	if (m->probe && m->attempt.msg)
		m->status = set_probe_message(m);
	else if (m->probe && m->attempt.room)
		m->status = set_probe_room(m);
	else
		m->status = endpoint_try(&m->attempt);
	return m->status;
}

static bool set_ready(struct channel_member *m)
{
	if (__atomic_load_n(&m->raised, __ATOMIC_RELAXED) &&
	    __atomic_exchange_n(&m->raised, false, __ATOMIC_ACQUIRE))
		return true;
	return m->attempt.ch && set_try(m) != CHANNEL_AGAIN;
}

struct channel_member *set_look(struct channel_set *s, unsigned tries)
{
	set_collect(s);
	for (unsigned n = s->hot_count < tries ? s->hot_count : tries; n; n--) {
		struct channel_member *m = s->hot.next;
		bool ready = set_ready(m);

		/* Behind all others; events and timers are told anew each time. */
		set_unlist(m);
		if (m->attempt.ch)
			set_list(m);
		m->vain = ready ? 0 : m->vain + 1;
		s->vain += !ready;
		if (ready)
			return m;
	}
	return NULL;
}

static void set_name(struct channel_member *m)
{
	uint32_t whom = bell_whom(m->set->bell, m->slot);

	m->named = endpoint_flag(&m->attempt);
	/* Before S1: a teller that sees the name may end before it has told. */
	__atomic_store_n(endpoint_whom(&m->attempt), whom, __ATOMIC_RELAXED);
	bell_name(m->named, whom);
}

/* S1 of bell.h for the endpoints tried in vain at least so often. They are off the list. */
static struct channel_member *set_name_all(struct channel_set *s, unsigned vain)
{
	struct channel_member *named = NULL, *m = s->hot.next;

	for (unsigned n = s->hot_count; n; n--) {
		struct channel_member *next = m->next;

		if (m->attempt.ch && m->vain >= vain) {
			set_unlist(m);
			set_name(m);
			m->before = named;
			named = m;
		}
		m = next;
	}
	return named;
}

/* S1, S2 and S3 for them all. */
static void set_cool(struct channel_set *s, unsigned vain)
{
	struct channel_member *m = set_name_all(s, vain);

	s->vain = 0;
	if (m)
		bell_barrier(s->far == 0);
	while (m) {
		struct channel_member *next = m->before;

		m->before = NULL;
		if (set_try(m) != CHANNEL_AGAIN || m->named != endpoint_flag(&m->attempt))
			set_heat(m);
		m = next;
	}
}

bool set_stopping(const struct channel_set *s)
{
	return __atomic_load_n(&s->bell->stopping, __ATOMIC_ACQUIRE);
}

static struct channel_member *set_poll(struct channel_set *s)
{
	unsigned polls = endpoint_polls(&s->patience), looks = 0;
	struct channel_member *m = NULL;

	for (unsigned i = 0; i < polls && !m; i += 1 + s->hot_count) {
		bell_pause();
		if (++looks % SET_LOOKS_CLOCK == 0)
			set_timers_expire(s);
		m = set_look(s, UINT32_MAX);
	}
	endpoint_polled(&s->patience, polls, m != NULL);
	return m;
}

static bool set_stopped(const struct channel_set *s, uint64_t deadline)
{
	return deadline == CHANNEL_FOREVER && set_stopping(s);
}

static void set_park(struct channel_set *s, uint64_t deadline, bool again)
{
	uint64_t timer = set_timers_next(s), rest = endpoint_rest_by(again);

	if (rest < timer)
		timer = rest;
	set_cool(s, 0);
	if (s->hot_count)
		return;
	bell_name(&s->bell->flag, 0);
	/* Both are full barriers in the bell's flag: see bell_set.h. */
	if (!__atomic_load_n(&s->bell->summary, __ATOMIC_SEQ_CST) && !set_stopped(s, deadline))
		endpoint_rest_past(bell_sleep(&s->bell->flag, BELL_PARKED,
					      timer < deadline ? timer : deadline));
	bell_disarm(&s->bell->flag);
}

static bool set_is_over(const struct channel_set *s, uint64_t deadline)
{
	return deadline == CHANNEL_NOW || set_stopped(s, deadline) || bell_past(deadline) ||
	       __atomic_load_n(&s->bell->serial, __ATOMIC_RELAXED) != s->serial;
}

static enum channel_status set_over(const struct channel_set *s, uint64_t deadline)
{
	if (__atomic_load_n(&s->bell->serial, __ATOMIC_RELAXED) != s->serial)
		return CHANNEL_CLOSED;
	return set_stopped(s, deadline) ? CHANNEL_STOPPING : CHANNEL_AGAIN;
}

enum channel_status set_wait(struct channel_set *s, uint64_t deadline, struct channel_member **m)
{
	set_timers_expire(s);
	if (s->vain > SET_VAIN_MOST)
		set_cool(s, SET_VAIN_LEAST);
	*m = set_look(s, UINT32_MAX);
	/* On this core nobody has news as long as it polls. */
	if (!*m && s->far && !set_is_over(s, deadline))
		*m = set_poll(s);
	for (bool again = false; !*m && !set_is_over(s, deadline); again = true) {
		set_park(s, deadline, again);
		set_timers_expire(s);
		*m = set_look(s, UINT32_MAX);
	}
	return *m ? CHANNEL_OK : set_over(s, deadline);
}
