/* SPDX-License-Identifier: MIT */
/* Timers and events in a set, by themselves and with endpoints. */
#include <pthread.h>
#include <time.h>

#include "tests/conformance/conformance.h"

#define TIMERS 8

static char tag_a, tag_b, tag_c; /* their addresses */

struct timer {
	uint64_t deadline;
	struct channel_member *member;
	unsigned reported;
};

static void expect_report(struct side *s, struct channel_set *set, const void *wanted)
{
	void *tag = NULL;

	GIVES(s, CHANNEL_OK, channel_set_wait(set, side_patience(), &tag));
	CHECK(s, tag == wanted);
}

static void expect_nothing(struct side *s, struct channel_set *set, uint64_t ns)
{
	uint64_t until = side_in(ns);
	void *tag;

	GIVES(s, CHANNEL_AGAIN, channel_set_wait(set, until, &tag));
	CHECK(s, side_now() >= until);
}

static void sets_timers(struct side *s)
{
	struct channel_set *set = channel_set_new();
	struct timer timers[TIMERS] = {{0}};

	CHECK(s, set && channel_set_receive(set, s->ch, NULL));
	for (unsigned i = 0; i < TIMERS; i++) {
		timers[i].deadline = side_in(side_random(s, 4000) * US);
		timers[i].member = channel_set_timer(set, timers[i].deadline, &timers[i]);
		CHECK(s, timers[i].member);
	}
	for (unsigned i = 0; i < 2 * TIMERS; i++) {
		struct timer *t = NULL;
		void *tag = NULL;

		GIVES(s, CHANNEL_OK, channel_set_wait(set, CHANNEL_FOREVER, &tag));
		t = tag;
		CHECK(s, t && side_now() >= t->deadline && ++t->reported <= 2);
		if (t->reported == 2)
			continue;
		t->deadline = side_in(side_random(s, 1000) * US);
		channel_member_time(t->member, t->deadline);
	}
	expect_nothing(s, set, MS);
	channel_set_free(set);
	side_meet(s);
}

static void moves_timers(struct side *s)
{
	struct channel_set *set = channel_set_new();
	struct channel_member *late, *never, *gone;
	uint64_t until;

	CHECK(s, set);
	late = channel_set_timer(set, side_in(MS), &tag_a);
	never = channel_set_timer(set, CHANNEL_FOREVER, &tag_b);
	gone = channel_set_timer(set, side_in(MS), &tag_c);
	CHECK(s, late && never && gone);
	until = side_in(5 * MS);
	channel_member_time(late, until);
	channel_member_remove(gone);
	expect_report(s, set, &tag_a);
	CHECK(s, side_now() >= until);
	expect_nothing(s, set, 2 * MS);
	channel_member_time(never, 1);
	expect_report(s, set, &tag_b);
	channel_member_time(late, side_in(MS));
	channel_member_time(late, CHANNEL_FOREVER);
	expect_nothing(s, set, 3 * MS);
	channel_set_free(set);
	side_meet(s);
}

static void *raises(void *arg)
{
	struct side_job *job = arg;
	const struct timespec nap = {.tv_nsec = (long)job->deadline};

	nanosleep(&nap, NULL);
	channel_member_raise((void *)job->ch);
	return NULL;
}

static void raises_events(struct side *s)
{
	struct channel_set *set = channel_set_new();
	struct channel_member *a, *b;

	CHECK(s, set && channel_set_receive(set, s->ch, NULL));
	a = channel_set_event(set, &tag_a);
	b = channel_set_event(set, &tag_b);
	CHECK(s, a && b);
	expect_nothing(s, set, 200 * US);
	for (unsigned i = 0; i < 5; i++)
		channel_member_raise(a);
	expect_report(s, set, &tag_a);
	expect_nothing(s, set, 200 * US);
	for (unsigned i = 0; i < s->rounds / 10; i++) {
		struct side_job *job = &s->jobs[0];
		pthread_t id;

		job->deadline = side_random(s, i % 4 ? 100 : 2000) * US;
		job->ch = (void *)b;
		CHECK(s, !pthread_create(&id, NULL, raises, job));
		expect_report(s, set, &tag_b);
		pthread_join(id, NULL);
	}
	expect_nothing(s, set, 200 * US);
	channel_set_free(set);
	side_meet(s);
}

static void sends_beside_timers(struct side *s)
{
	for (unsigned n = 0; n < s->rounds; n++) {
		side_pause(s, 100 * US);
		side_send_length(s, s->ch, n, 30);
	}
	side_meet(s);
}

/* Neither the timer nor the event is kept waiting by messages, nor these by them. */
static void serves_all_kinds(struct side *s)
{
	struct channel_set *set = channel_set_new();
	struct channel_member *timer, *event;
	unsigned got = 0, ticks = 0, events = 0;
	uint64_t deadline = side_in(50 * US);

	CHECK(s, set && channel_set_receive(set, s->ch, s));
	timer = channel_set_timer(set, deadline, &ticks);
	event = channel_set_event(set, &events);
	CHECK(s, timer && event);
	while (got < s->rounds || ticks < 10 || events < 10) {
		void *tag = NULL;

		GIVES(s, CHANNEL_OK, channel_set_wait(set, side_patience(), &tag));
		if (tag == s) {
			side_recv_length(s, s->ch, got++, 30);
		} else if (tag == &ticks) {
			CHECK(s, side_now() >= deadline);
			ticks++;
			channel_member_raise(event);
			deadline = side_in(50 * US);
			channel_member_time(timer, deadline);
		} else {
			CHECK(s, tag == &events && ++events <= ticks);
		}
	}
	channel_set_free(set);
	side_meet(s);
}

const struct sentence sentences_set_time[] = {
	{"a timer is reported once, and never early", side_meet, sets_timers, NEEDS_SET},
	{"a timer can be moved, put off and removed", side_meet, moves_timers, NEEDS_SET},
	{"an event is reported once, however often it was raised, and by whom", side_meet,
	 raises_events, NEEDS_SET},
	{"timers, events and messages wait beside each other", sends_beside_timers,
	 serves_all_kinds, NEEDS_SET},
	{.says = NULL},
};
