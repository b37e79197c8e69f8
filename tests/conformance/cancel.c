/* SPDX-License-Identifier: MIT */
/* A task that is cancelled waits no more, wherever it does. */
#include "tests/conformance/conformance.h"

static enum channel_status wait_peek(struct side_job *job)
{
	const void *msg;
	size_t len;

	return channel_peek(job->ch, job->deadline, &msg, &len);
}

static enum channel_status wait_recv(struct side_job *job)
{
	return side_look(job->ch, job->deadline);
}

static enum channel_status wait_next(struct side_job *job)
{
	struct channel_reader r = channel_reader_open(job->ch);
	enum channel_status status;
	const void *msg;
	size_t len;

	status = channel_reader_next(&r, job->deadline, &msg, &len);
	channel_reader_close(&r);
	return status;
}

static enum channel_status wait_send(struct side_job *job)
{
	size_t max = channel_max(job->ch);

	return channel_send(job->ch, side_message(job->side, 0, max), max, job->deadline);
}

static enum channel_status wait_reserve(struct side_job *job)
{
	void *room;

	return channel_reserve(job->ch, channel_max(job->ch), job->deadline, &room);
}

static enum channel_status wait_room(struct side_job *job)
{
	struct channel_writer w = channel_writer_open(job->ch);
	enum channel_status status;
	void *room;

	status = channel_writer_room(&w, channel_max(job->ch), job->deadline, &room);
	channel_writer_close(&w);
	return status;
}

static enum channel_status wait_sleep(struct side_job *job)
{
	return task_sleep(job->deadline);
}

static int does_nothing(void *unused)
{
	(void)unused;
	return 0;
}

static enum channel_status wait_join(struct side_job *job)
{
	return task_join(job->side->jobs[1].task, job->deadline, NULL);
}

static enum channel_status (*const waits[])(struct side_job *job) = {
	wait_peek, wait_recv, wait_next, wait_send, wait_reserve, wait_room, wait_sleep, wait_join,
};

#define WAITS (sizeof(waits) / sizeof(waits[0]))

/* Twice: it is cancelled from then on. */
static int waits_till_cancelled(void *arg)
{
	struct side_job *job = arg;
	enum channel_status again;

	job->status = waits[job->number](job);
	again = waits[job->number](job);
	job->wrong = job->status != again || !task_cancelled();
	return 0;
}

static int sleeps_long(void *arg)
{
	struct side_job *job = arg;

	task_sleep(job->deadline);
	return 0;
}

static void cancel_in(struct side *s, unsigned kind, uint64_t deadline)
{
	struct side_job *job = &s->jobs[0], *other = &s->jobs[1];

	other->deadline = side_patience();
	side_spawn(s, 1, sleeps_long);
	*job = (struct side_job){.ch = s->ch, .number = kind, .deadline = deadline};
	side_spawn(s, 0, waits_till_cancelled);
	if (side_random(s, 2))
		task_sleep(side_in(side_random(s, 500) * US));
	task_yield();
	CHECK(s, !task_cancelled());
	task_cancel(job->task);
	side_join(s, job);
	GIVES(s, CHANNEL_CANCELLED, job->status);
	CHECK(s, !job->wrong);
	task_cancel(other->task);
	side_join(s, other);
}

static void is_cancelled_everywhere(struct side *s)
{
	unsigned n = side_fill(s, s->ch, channel_max(s->ch));

	for (unsigned kind = 0; kind < WAITS; kind++) {
		cancel_in(s, kind, CHANNEL_FOREVER);
		cancel_in(s, kind, side_patience());
	}
	side_tell(s, n);
	side_recv_length(s, s->ch, 9, 33); /* the channel is as before */
	side_send_length(s, s->ch, 8, 22);
}

static void finds_nothing_lost(struct side *s)
{
	unsigned count = side_hear(s);

	for (unsigned n = 0; n < count; n++)
		side_recv_length(s, s->ch, n, channel_max(s->ch));
	side_send_length(s, s->ch, 9, 33);
	side_recv_length(s, s->ch, 8, 22);
}

/* What does not have to wait it may still do. */
static int uses_what_is_there(void *arg)
{
	struct side_job *job = arg;

	task_yield();
	job->wrong = channel_send(job->ch, "x", 1, CHANNEL_FOREVER) != CHANNEL_OK;
	job->status = side_look(job->ch, CHANNEL_FOREVER);
	return 0;
}

static void is_cancelled_beside_a_message(struct side *s)
{
	struct side_job *job = &s->jobs[0];
	const void *msg;
	size_t len;

	side_meet(s);
	GIVES(s, CHANNEL_OK, channel_peek(s->ch, side_patience(), &msg, &len));
	job->ch = s->ch;
	side_spawn(s, 0, uses_what_is_there);
	task_cancel(job->task);
	side_join(s, job);
	CHECK(s, !job->wrong);
	GIVES(s, CHANNEL_OK, job->status);
}

static void sends_the_empty(struct side *s)
{
	side_send_length(s, s->ch, 0, 0);
	side_meet(s);
	GIVES(s, CHANNEL_TOO_BIG, side_look(s->ch, CHANNEL_FOREVER)); /* the x */
}

/* They end by themselves; what they took is given back, or there would be no end of them. */
static void detaches(struct side *s)
{
	for (unsigned i = 0; i < s->rounds; i++) {
		struct task *t = task_spawn(does_nothing, NULL, TASK_STACK_MIN);

		CHECK(s, t);
		task_detach(t);
		if (i % 8 == 7)
			task_yield();
	}
	task_yield();
	side_meet(s);
}

const struct sentence sentences_cancel[] = {
	{"a task that is cancelled waits no more, in any kind of wait", is_cancelled_everywhere,
	 finds_nothing_lost, NEEDS_TASKS},
	{"a task that is cancelled still does what needs no wait", is_cancelled_beside_a_message,
	 sends_the_empty, NEEDS_TASKS},
	{"tasks that are detached end by themselves", detaches, side_meet, NEEDS_TASKS},
	{.says = NULL},
};
