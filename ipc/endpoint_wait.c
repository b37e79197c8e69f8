/* SPDX-License-Identifier: MIT */
/*
 * Waiting: poll for a while, then park.
 *
 * A park with its wake-up costs both sides some tens of microseconds, so it
 * pays to poll as long as that, if polling leads to anything. A peer on the same core
 * does nothing as long as this side polls.
 */
#include "ipc/endpoint.h"

/*
 * Polls before a park, a pause of 10 to 40 ns after each. The most is more than
 * a wake-up takes: else two sides that wake each other would both be parked
 * again before the answer comes, and so for ever.
 */
#define ENDPOINT_POLLS_MAX 3000
#define ENDPOINT_POLLS_MIN 60
/* Polls between two looks at the clock. */
#define ENDPOINT_POLLS_CLOCK 256

#define ENDPOINT_PACE_MAX 1023
#define ENDPOINT_PACE_TRIAL 31    /* longer than even an interpreter takes from one to the next */
#define ENDPOINT_PACE_SELDOM 1024 /* times */

/* One time in so many, what has not paid of late is tried again. */
#define ENDPOINT_TRIAL 32

_Thread_local enum channel_status (*endpoint_wait_as_task)(struct endpoint_attempt *a);
_Thread_local void (*endpoint_thread_ends)(void);

static uint64_t rest_never(void)
{
	return UINT64_MAX;
}

uint64_t (*endpoint_rest)(void) = rest_never;

_Thread_local uint64_t endpoint_rest_said;

uint64_t endpoint_rest_ask(void)
{
	uint64_t by = endpoint_rest();

	endpoint_rest_said = by == UINT64_MAX ? 0 : by;
	return by;
}

static enum channel_status endpoint_make(struct endpoint_attempt *a)
{
	if (a->make)
		return a->make(a);
	return a->room ? endpoint_reserve(a->ch, a->room_len, a->room)
		       : endpoint_peek(a->ch, a->msg, a->msg_len);
}

uint32_t *endpoint_flag(const struct endpoint_attempt *a)
{
	if (a->calls)
		return &a->ch->tx.control->flag.caller;
	return a->room ? &a->ch->tx.control->flag.sender : &a->ch->rx.control->flag.receiver;
}

uint32_t *endpoint_whom(const struct endpoint_attempt *a)
{
	if (a->calls)
		return &a->ch->call_whom;
	return a->room ? &a->ch->tx_whom : &a->ch->rx_whom;
}

/* Whether the call, which could not proceed, is not to wait at all. */
static bool endpoint_stopped(const struct endpoint_attempt *a)
{
	return a->deadline == CHANNEL_FOREVER &&
	       __atomic_load_n(&a->ch->stopping, __ATOMIC_ACQUIRE);
}

enum channel_status endpoint_try(struct endpoint_attempt *a)
{
	enum channel_status status = endpoint_make(a);

	return status == CHANNEL_AGAIN && endpoint_stopped(a) ? CHANNEL_STOPPING : status;
}

/*
 * A receiver that is as fast as its sender would fight it for the line of every
 * single message. It lets the sender run ahead by staying away for some pauses,
 * twice as many each time as long as that brings several messages. So it never
 * stays for much longer than it is from one message to the next, and in a
 * dialogue, where they come one by one, not at all. Now and then it tries, the
 * more seldom the more often that was in vain.
 */
void endpoint_stay_away(struct channel *ch)
{
	struct endpoint_pace *pace = &ch->pace;

	if (ch->beside)
		return;

	uint64_t brought = ch->rx.received - pace->received;

	pace->received = ch->rx.received;
	if (brought >= 2) {
		/* Behind a short stay it may be chance: one came between two looks. */
		if (pace->pauses >= ENDPOINT_PACE_TRIAL)
			pace->every = ENDPOINT_TRIAL;
		pace->pauses =
			pace->pauses < ENDPOINT_PACE_MAX ? 2 * pace->pauses + 1 : ENDPOINT_PACE_MAX;
	} else if (pace->trial) {
		pace->pauses = 0;
		pace->every = pace->every < ENDPOINT_PACE_SELDOM ? 2 * pace->every + ENDPOINT_TRIAL
								 : ENDPOINT_PACE_SELDOM;
	} else {
		pace->pauses /= 2;
	}
	pace->trial = ++pace->times > pace->every && pace->pauses < ENDPOINT_PACE_TRIAL;
	if (pace->trial) {
		pace->pauses = ENDPOINT_PACE_TRIAL;
		pace->times = 0;
	}
	for (unsigned i = 0; i < pace->pauses; i++)
		bell_pause();
}

unsigned endpoint_polls(struct endpoint_patience *p)
{
	if (p->times++ % ENDPOINT_TRIAL == 0)
		return ENDPOINT_POLLS_MAX;
	return p->polls < ENDPOINT_POLLS_MIN ? ENDPOINT_POLLS_MIN : p->polls;
}

void endpoint_polled(struct endpoint_patience *p, unsigned polls, bool brought)
{
	p->polls = brought ? ENDPOINT_POLLS_MAX : polls / 2;
}

static enum channel_status endpoint_poll(struct endpoint_attempt *a)
{
	enum channel_status status = endpoint_make(a);
	unsigned polls = endpoint_polls(a->patience);

	for (unsigned i = 1; i <= polls && status == CHANNEL_AGAIN; i++) {
		bell_pause();
		status = endpoint_make(a);
		if (i % ENDPOINT_POLLS_CLOCK == 0 && bell_past(a->deadline))
			break;
	}
	endpoint_polled(a->patience, polls, status != CHANNEL_AGAIN);
	return status;
}

/* One sleep. What stands between bell_arm and bell_sleep is S3 of bell.h. */
static enum channel_status endpoint_park(struct endpoint_attempt *a, bool again)
{
	uint64_t rest = endpoint_rest_by(again);
	uint32_t *flag = endpoint_flag(a);
	uint32_t armed = bell_arm(flag, a->ch->beside);
	enum channel_status status = endpoint_make(a);

	if (status == CHANNEL_AGAIN && !endpoint_stopped(a) && flag == endpoint_flag(a)) {
		ring_count(a->parks, 1);
		endpoint_rest_past(
			bell_sleep(flag, armed, rest < a->deadline ? rest : a->deadline));
	}
	bell_disarm(flag);
	return status == CHANNEL_AGAIN ? endpoint_make(a) : status;
}

enum channel_status endpoint_wait(struct endpoint_attempt *a)
{
	enum channel_status status = CHANNEL_AGAIN;

	if (endpoint_wait_as_task)
		return endpoint_wait_as_task(a);
	if (!a->ch->beside && !endpoint_stopped(a))
		status = endpoint_poll(a);
	/* By the clock: a peer that keeps changing the flag must not stretch the wait. */
	for (bool again = false;
	     status == CHANNEL_AGAIN && !endpoint_stopped(a) && !bell_past(a->deadline);
	     again = true)
		status = endpoint_park(a, again);
	return status == CHANNEL_AGAIN && endpoint_stopped(a) ? CHANNEL_STOPPING : status;
}

enum channel_status endpoint_wait_room(struct channel *ch, size_t len, uint64_t deadline,
				       void **room)
{
	struct endpoint_attempt a = {
		.ch = ch,
		.deadline = deadline,
		.parks = &ch->tx.parks,
		.patience = &ch->tx_patience,
		.room = room,
		.room_len = len,
	};

	if (deadline == CHANNEL_NOW)
		return CHANNEL_AGAIN;
	return endpoint_wait(&a);
}

enum channel_status endpoint_wait_message(struct channel *ch, uint64_t deadline, const void **msg,
					  size_t *len)
{
	struct endpoint_attempt a = {
		.ch = ch,
		.deadline = deadline,
		.parks = &ch->rx.parks,
		.patience = &ch->rx_patience,
		.msg = msg,
		.msg_len = len,
	};

	if (deadline == CHANNEL_NOW)
		return CHANNEL_AGAIN;
	if (!endpoint_wait_as_task)
		endpoint_stay_away(ch);
	return endpoint_wait(&a);
}

enum channel_status endpoint_receive(struct channel *ch, uint64_t deadline, const void **msg,
				     size_t *len)
{
	enum channel_status status = endpoint_peek(ch, msg, len);

	return status == CHANNEL_AGAIN ? endpoint_wait_message(ch, deadline, msg, len) : status;
}
