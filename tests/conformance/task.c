/* SPDX-License-Identifier: MIT */
/* Tasks: one that waits holds up no other. */
#include "tests/conformance/conformance.h"

#define TURNS 20
#define SLEEPERS 4
#define SLEEPERS_APART (3 * MS)

/* Receives message `number`. */
static int receives(void *arg)
{
	struct side_job *job = arg;
	size_t wanted = side_length(job->side, job->number), len = 0;
	const void *msg = NULL;

	job->status = channel_peek(job->ch, CHANNEL_FOREVER, &msg, &len);
	if (job->status != CHANNEL_OK)
		return 1;
	job->wrong =
		len != wanted || memcmp(msg, side_message(job->side, job->number, len), len) != 0;
	job->status = channel_release(job->ch);
	return 0;
}

static int takes_turns(void *arg)
{
	struct side_job *job = arg;

	for (; job->number < TURNS; job->number++)
		if (job->number % 2)
			task_yield();
		else
			job->wrong |= task_sleep(side_in(10 * US)) != CHANNEL_OK;
	return 7;
}

static void waits_and_goes_on(struct side *s)
{
	struct side_job *waiter, *other;

	for (unsigned i = 0; i < s->rounds / 10; i++) {
		s->jobs[0] = (struct side_job){.ch = s->ch, .number = i};
		s->jobs[1] = (struct side_job){.number = 0};
		waiter = side_spawn(s, 0, receives);
		other = side_spawn(s, 1, takes_turns);
		CHECK(s, side_join(s, other) == 7 && !other->wrong && other->number == TURNS);
		GIVES(s, CHANNEL_AGAIN, task_join(waiter->task, CHANNEL_NOW, NULL));
		side_meet(s); /* only now there is a message */
		CHECK(s, side_join(s, waiter) == 0 && !waiter->wrong);
		GIVES(s, CHANNEL_OK, waiter->status);
	}
}

static void sends_when_asked(struct side *s)
{
	for (unsigned i = 0; i < s->rounds / 10; i++) {
		side_meet(s);
		side_dawdle(s);
		side_send(s, s->ch, i);
	}
}

static unsigned jobs_of(const struct side *s)
{
	return s->more_count < SIDE_JOBS ? s->more_count : SIDE_JOBS;
}

static int echoes(void *arg)
{
	struct side_job *job = arg;
	const void *msg;
	size_t len;

	while ((job->status = channel_peek(job->ch, CHANNEL_FOREVER, &msg, &len)) == CHANNEL_OK) {
		job->wrong |= channel_send(job->ch, msg, len, CHANNEL_FOREVER) != CHANNEL_OK;
		channel_release(job->ch);
		job->number++;
	}
	channel_finish(job->ch);
	return 0;
}

static void echoes_everywhere(struct side *s)
{
	for (unsigned i = 0; i < jobs_of(s); i++) {
		s->jobs[i].ch = s->more[i];
		side_spawn(s, i, echoes);
	}
	for (unsigned i = 0; i < jobs_of(s); i++) {
		CHECK(s, side_join(s, &s->jobs[i]) == 0);
		GIVES(s, CHANNEL_CLOSED, s->jobs[i].status);
		CHECK(s, s->jobs[i].number == s->rounds / 4 && !s->jobs[i].wrong);
	}
}

static int calls(void *arg)
{
	struct side_job *job = arg;
	struct side *s = job->side;
	unsigned char reply[64];

	for (; job->number < s->rounds / 4; job->number++) {
		size_t size = job->number % sizeof(reply), len = 0;
		const unsigned char *msg = side_message(s, job->number, size);

		if (job->number % 4 == 0)
			task_sleep(side_in(side_random(s, 200) * US));
		if (channel_send(job->ch, msg, size, CHANNEL_FOREVER) != CHANNEL_OK ||
		    channel_recv(job->ch, reply, sizeof(reply), &len, CHANNEL_FOREVER) !=
			    CHANNEL_OK ||
		    len != size || memcmp(reply, msg, len) != 0)
			job->wrong++;
	}
	channel_finish(job->ch);
	return (int)job->wrong;
}

static void calls_everywhere(struct side *s)
{
	for (unsigned i = 0; i < jobs_of(s); i++) {
		s->jobs[i].ch = s->more[i];
		side_spawn(s, i, calls);
	}
	for (unsigned i = 0; i < jobs_of(s); i++)
		CHECK(s, side_join(s, &s->jobs[i]) == 0);
}

static int sends_on(void *arg)
{
	struct side_job *job = arg;
	size_t len = channel_max(job->ch) / 2;

	for (; job->number < job->side->rounds / 2; job->number++)
		if (channel_send(job->ch, side_message(job->side, job->number, len), len,
				 CHANNEL_FOREVER) != CHANNEL_OK)
			return 1;
	return 0;
}

/* The sending task is out of room most of the time. */
static void talks_with_two_tasks(struct side *s)
{
	struct side_job *sender;

	s->jobs[0].ch = s->ch;
	sender = side_spawn(s, 0, sends_on);
	for (unsigned n = 0; n < s->rounds / 2; n++) {
		if (side_random(s, 8) == 0)
			task_sleep(side_in(side_random(s, 100) * US));
		side_recv_length(s, s->ch, n, channel_max(s->ch) / 2);
	}
	CHECK(s, side_join(s, sender) == 0);
	side_meet(s);
}

/* What the sleepers share. */
static struct side_job *sleepers_of(struct side *s)
{
	return &s->jobs[SIDE_JOBS - 1];
}

static int sleeps(void *arg)
{
	struct side_job *job = arg, *all = sleepers_of(job->side);
	uint64_t now;

	job->status = task_sleep(job->deadline);
	now = side_now();
	job->wrong = now < job->deadline;
	all->wrong |= now >= job->deadline + SLEEPERS_APART;
	job->number = all->number++;
	return 0;
}

/*
 * The first one spawned sleeps longest, and ends last. False where the machine was
 * busy for so long with something else that two were due at once: then in any order.
 */
static bool sleeps_end_in_order(struct side *s)
{
	uint64_t begin = side_now();
	bool in_order = true;

	*sleepers_of(s) = (struct side_job){.number = 0};
	for (unsigned i = 0; i < SLEEPERS; i++) {
		s->jobs[i].deadline = begin + (SLEEPERS - i) * SLEEPERS_APART;
		side_spawn(s, i, sleeps);
	}
	for (unsigned i = 0; i < SLEEPERS; i++) {
		side_join(s, &s->jobs[i]);
		GIVES(s, CHANNEL_OK, s->jobs[i].status);
		CHECK(s, !s->jobs[i].wrong);
		in_order &= s->jobs[i].number == SLEEPERS - 1 - i;
	}
	CHECK(s, in_order || sleepers_of(s)->wrong);
	return in_order;
}

static void sleep_beside_each_other(struct side *s)
{
	while (!sleeps_end_in_order(s))
		;
	side_meet(s);
}

static int joins(void *arg)
{
	struct side_job *job = arg;

	job->status = task_join(job->side->jobs[0].task, CHANNEL_FOREVER, NULL);
	return 0;
}

static void joins_in_every_way(struct side *s)
{
	struct side_job *waiter, *joiner;
	uint64_t until;

	s->jobs[0] = (struct side_job){.ch = s->ch, .number = 5};
	waiter = side_spawn(s, 0, receives);
	GIVES(s, CHANNEL_AGAIN, task_join(waiter->task, CHANNEL_NOW, NULL));
	until = side_in(2 * MS);
	GIVES(s, CHANNEL_AGAIN, task_join(waiter->task, until, NULL));
	CHECK(s, side_now() >= until);
	GIVES(s, CHANNEL_MISUSE, task_join(task_self(), CHANNEL_NOW, NULL));
	joiner = side_spawn(s, 1, joins);
	task_yield();
	GIVES(s, CHANNEL_MISUSE, task_join(waiter->task, CHANNEL_FOREVER, NULL));
	side_meet(s);
	CHECK(s, side_join(s, joiner) == 0);
	GIVES(s, CHANNEL_OK, joiner->status);
	GIVES(s, CHANNEL_OK, waiter->status);
	CHECK(s, !waiter->wrong);
}

static void sends_five(struct side *s)
{
	side_meet(s);
	side_send(s, s->ch, 5);
}

static int waits_hastily(void *arg)
{
	struct side_job *job = arg;
	const void *msg;
	size_t len;

	job->status = channel_peek(job->ch, job->deadline, &msg, &len);
	job->wrong = side_now() < job->deadline;
	return 0;
}

static void tasks_have_deadlines(struct side *s)
{
	for (unsigned k = 0; k < s->rounds / 10; k++) {
		for (unsigned i = 0; i < 4; i++) {
			s->jobs[i].ch = s->more[i];
			s->jobs[i].deadline = side_in(side_random(s, 2000) * US);
			side_spawn(s, i, waits_hastily);
		}
		for (unsigned i = 0; i < 4; i++) {
			side_join(s, &s->jobs[i]);
			GIVES(s, CHANNEL_AGAIN, s->jobs[i].status);
			CHECK(s, !s->jobs[i].wrong);
		}
	}
	side_meet(s);
}

const struct sentence sentences_task[] = {
	{"a task that waits for a message holds up no other task", waits_and_goes_on,
	 sends_when_asked, NEEDS_TASKS},
	{"tasks wait at many channels at once, and each is served", calls_everywhere,
	 echoes_everywhere, NEEDS_TASKS},
	{"one task sends while another one receives", talks_with_two_tasks, talks_with_two_tasks,
	 NEEDS_TASKS},
	{"tasks sleep beside each other, and none goes on early", sleep_beside_each_other,
	 side_meet, NEEDS_TASKS},
	{"a task is joined by one other, which may give up", joins_in_every_way, sends_five,
	 NEEDS_TASKS},
	{"no task's wait ends before its deadline", tasks_have_deadlines, side_meet, NEEDS_TASKS},
	{.says = NULL},
};
