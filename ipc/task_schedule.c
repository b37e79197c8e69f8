/* SPDX-License-Identifier: MIT */
/* Which task goes on, and what the thread does when none can. */
#include "ipc/task_schedule.h"

/* While tasks can go on, the set is looked at after so many turns, for so many of its members. */
#define TASK_TURNS 32
#define TASK_TRIES 4

/* For ever, but not to be told to stop. */
#define TASK_ON (CHANNEL_FOREVER - 1)

void task_ready(struct task_scheduler *s, struct task *t)
{
	struct task *first = s->current ? s->current : s->head;

	if (t->blocked && t->member.set)
		set_leave(&t->member);
	t->blocked = false;
	t->next = first ? first : t;
	t->before = first ? first->before : t;
	t->before->next = t;
	t->next->before = t;
	if (!first)
		s->head = t;
}

/* The running task is not to have another turn. */
static struct task *task_stop(struct task_scheduler *s)
{
	struct task *t = s->current;

	s->current = NULL;
	s->left = t;
	s->head = t->next == t ? NULL : t->next;
	t->next->before = t->before;
	t->before->next = t->next;
	t->next = t->before = NULL;
	return t;
}

/* Have those that wait answer this; all, or those that would for ever. */
static void task_release(struct task_scheduler *s, enum channel_status status, bool all)
{
	for (struct task *t = &s->first; t; t = t->newer)
		if (t->blocked && (all || t->member.deadline == CHANNEL_FOREVER)) {
			t->member.status = status;
			task_ready(s, t);
		}
}

/* The component was asked to stop: those that wait for ever are told, once. */
static void task_told(struct task_scheduler *s)
{
	s->stopping = true;
	task_release(s, CHANNEL_STOPPING, false);
}

/* No task can go on. */
static void task_idle(struct task_scheduler *s)
{
	struct channel_member *m;

	switch (set_wait(&s->set, s->stopping ? TASK_ON : CHANNEL_FOREVER, &m)) {
	case CHANNEL_OK:
		task_ready(s, m->tag);
		break;
	case CHANNEL_STOPPING:
		task_told(s);
		break;
	case CHANNEL_CLOSED:
		task_release(s, CHANNEL_CLOSED, true);
		break;
	default:
		break;
	}
}

/* No system call: others can go on. */
static void task_glance(struct task_scheduler *s)
{
	struct channel_member *m;

	s->turns = TASK_TURNS;
	if (!s->stopping && set_stopping(&s->set))
		task_told(s);
	set_timers_expire(&s->set);
	while ((m = set_look(&s->set, TASK_TRIES)))
		task_ready(s, m->tag);
}

/* One in so many turns is longer. */
static void task_turn(struct task_scheduler *s)
{
	if (s->turns)
		return;
	task_reap(s);
	task_glance(s);
}

/* Its stack is still in use: others take it away, at their next turn. */
static void task_bury(struct task_scheduler *s, struct task *t)
{
	t->next = s->graves;
	s->graves = t;
	s->turns = 1;
}

void task_leave(struct task_scheduler *s)
{
	struct task *from = task_stop(s);

	s->turns--;
	task_turn(s);
	if (from->ended && from->detached)
		task_bury(s, from);
	while (!s->head)
		task_idle(s);
	s->current = s->head;
	if (s->current != from)
		task_go(from, s->current);
}

void task_yield_slow(struct task_scheduler *s)
{
	struct task *from = s->current;

	task_turn(s);
	if (from->next == from)
		return;
	s->current = from->next;
	task_go(from, s->current);
}

enum channel_status task_block(struct task_scheduler *s, const struct endpoint_attempt *attempt,
			       uint64_t deadline)
{
	struct task *t = s->current;
	struct channel_member *m = &t->member;

	if (t->cancelled)
		return CHANNEL_CANCELLED;
	if (deadline == CHANNEL_FOREVER && set_stopping(&s->set))
		return CHANNEL_STOPPING;
	*m = (struct channel_member){.tag = t, .status = CHANNEL_AGAIN, .deadline = deadline};
	if (attempt)
		m->attempt = *attempt;
	/* Who waits for another task alone needs no member. */
	if (attempt || deadline != CHANNEL_FOREVER) {
		set_join(&s->set, m);
		set_timer_start(m, deadline);
	}
	t->blocked = true;
	task_leave(s);
	/* The deadline may have been past for long before the task had its turn. */
	if (attempt && m->status == CHANNEL_AGAIN)
		m->status = endpoint_try(&m->attempt);
	return t->cancelled && m->status == CHANNEL_AGAIN ? CHANNEL_CANCELLED : m->status;
}
