/* SPDX-License-Identifier: MIT */
/* Both components are asked to stop: no wait is for ever any more. */
#include "tests/conformance/conformance.h"

/* The first time this is on its way. */
static void waits_for_ever(struct side *s)
{
	const void *msg;
	size_t len;

	GIVES(s, CHANNEL_STOPPING, side_look(s->ch, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_STOPPING, channel_peek(s->ch, CHANNEL_FOREVER, &msg, &len));
	side_meet(s);
}

static void wants_room_for_ever(struct side *s)
{
	size_t len = channel_max(s->ch);
	void *room;

	side_fill(s, s->ch, len);
	GIVES(s, CHANNEL_STOPPING, channel_reserve(s->ch, len, CHANNEL_FOREVER, &room));
	GIVES(s, CHANNEL_STOPPING,
	      channel_send(s->ch, side_message(s, 0, len), len, CHANNEL_FOREVER));
	side_meet(s);
}

static void sends_last_words(struct side *s)
{
	for (unsigned n = 0; n < 3; n++)
		side_send(s, s->ch, n);
	side_meet(s);
	side_meet(s);
	side_sleep(s, MS);
	side_send(s, s->ch, 3);
	side_meet(s);
	channel_close(s->ch);
}

static void hears_last_words(struct side *s)
{
	const void *msg;
	uint64_t until;
	size_t len;

	side_meet(s);
	for (unsigned n = 0; n < 3; n++)
		side_recv(s, s->ch, n);
	GIVES(s, CHANNEL_STOPPING, side_look(s->ch, CHANNEL_FOREVER));
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, CHANNEL_NOW));
	until = side_in(2 * MS);
	GIVES(s, CHANNEL_AGAIN, side_look(s->ch, until));
	CHECK(s, side_now() >= until);
	CHECK(s, channel_reason(s->ch) == CHANNEL_OPEN);
	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_peek(s->ch, side_patience(), &msg, &len));
	side_recv(s, s->ch, 3);
	side_meet(s);
	side_closed(s, s->ch, CHANNEL_FINISHED);
}

static void waits_in_a_set(struct side *s)
{
	struct channel_set *set = channel_set_new();
	uint64_t until;
	void *tag;

	CHECK(s, set && channel_set_receive(set, s->ch, s));
	GIVES(s, CHANNEL_STOPPING, channel_set_wait(set, CHANNEL_FOREVER, &tag));
	until = side_in(2 * MS);
	GIVES(s, CHANNEL_AGAIN, channel_set_wait(set, until, &tag));
	CHECK(s, side_now() >= until);
	side_meet(s);
	side_send_length(s, s->ch, 0, 0);
	GIVES(s, CHANNEL_OK, channel_set_wait(set, side_patience(), &tag));
	channel_set_free(set);
	side_meet(s);
}

static int waits(void *arg)
{
	struct side_job *job = arg;

	if (job->number == 0)
		job->status = side_look(job->ch, CHANNEL_FOREVER);
	else if (job->number == 1)
		job->status = task_sleep(CHANNEL_FOREVER);
	else
		job->status = task_join(job->side->jobs[3].task, CHANNEL_FOREVER, NULL);
	return 0;
}

static int sleeps(void *arg)
{
	struct side_job *job = arg;

	job->status = task_sleep(job->deadline);
	job->wrong = side_now() < job->deadline;
	return 0;
}

static void waits_in_tasks(struct side *s)
{
	s->jobs[3].deadline = side_in(3 * MS);
	side_spawn(s, 3, sleeps);
	for (unsigned i = 0; i < 3; i++) {
		s->jobs[i].ch = s->ch;
		s->jobs[i].number = i;
		side_spawn(s, i, waits);
	}
	for (unsigned i = 0; i < 3; i++) {
		side_join(s, &s->jobs[i]);
		GIVES(s, CHANNEL_STOPPING, s->jobs[i].status);
	}
	side_join(s, &s->jobs[3]);
	GIVES(s, CHANNEL_OK, s->jobs[3].status);
	CHECK(s, !s->jobs[3].wrong);
	side_meet(s);
}

const struct sentence sentences_stop[] = {
	{"asked to stop, nobody waits for ever for a message", waits_for_ever, waits_for_ever,
	 NEEDS_STOP},
	{"asked to stop, nobody waits for ever for room", wants_room_for_ever, wants_room_for_ever,
	 NEEDS_STOP},
	{"asked to stop, what is there is received, and deadlines hold", sends_last_words,
	 hears_last_words, NEEDS_STOP},
	{"asked to stop, no set waits for ever", waits_in_a_set, waits_in_a_set,
	 NEEDS_STOP | NEEDS_SET},
	{"asked to stop, no task waits for ever", waits_in_tasks, waits_in_tasks,
	 NEEDS_STOP | NEEDS_TASKS},
	{.says = NULL},
};
