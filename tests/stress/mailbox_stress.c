/* SPDX-License-Identifier: MIT */
/*
 * Both ends of a channel call each other at full speed, asleep and dying.
 *
 *   mailbox_stress [CALLS [fenced]]
 *
 * Each end has a thread that calls, and sends messages in between, and one that
 * serves. Calls and messages have one count, so the server sees whether any was
 * lost, doubled or overtaken; callers give up at random, and see whether a reply is
 * that to another call. Random naps make the other side park. The second part ends one
 * of them at a random moment. "fenced" keeps order around a sleep without the kernel's
 * help. Each part is a case as the Test Anything Protocol has it; the first failure ends
 * the program with status 1.
 */
#include <sched.h>

#include "ipc/mailbox.h"
#include "tests/stress/stress.h"
#include "tests/unit/channel_pair.h"

#define STRESS_RING 4096
#define STRESS_LIFE 300 /* calls and messages of a side that dies, at most */

static struct channel_pair stress_pair;
static uint64_t stress_calls = 100000;
static unsigned stress_callers; /* that still have something to send */

/* The first 8 bytes are the number; both ends know the rest from it. */
static size_t stress_write(unsigned char *to, uint64_t seq)
{
	size_t len = 8 + seq * 7 % (MAILBOX_MAX - 7);

	memcpy(to, &seq, 8);
	stress_fill(to + 8, len - 8, seq);
	return len;
}

static void stress_check(const unsigned char *from, size_t len, uint64_t seq)
{
	unsigned char expected[MAILBOX_MAX];

	if (len != stress_write(expected, seq) || memcmp(from, expected, len) != 0)
		stress_fail("not what was sent", seq);
}

static bool stress_over(enum channel_status status, uint64_t seq)
{
	if (status != CHANNEL_OK && status != CHANNEL_CLOSED)
		stress_fail(channel_status_text(status), seq);
	return status == CHANNEL_CLOSED;
}

static enum channel_status stress_message(struct stress_thread *t)
{
	unsigned char bytes[MAILBOX_MAX];
	enum channel_status status;
	size_t len = stress_write(bytes, t->done);

	do
		status = channel_send(t->ch, bytes, len, stress_deadline(&t->random));
	while (status == CHANNEL_AGAIN);
	t->done += status == CHANNEL_OK;
	return status;
}

/* The answer to a call is its own number, the other way round. */
static enum channel_status stress_reply(struct stress_thread *t, uint64_t seq)
{
	unsigned char reply[MAILBOX_MAX];
	enum channel_status status;
	size_t len;

	do
		status = mailbox_wait(t->ch, reply, sizeof(reply), &len,
				      stress_deadline(&t->random));
	while (status == CHANNEL_AGAIN && random_below(&t->random, 4));
	if (status == CHANNEL_OK)
		stress_check(reply, len, ~seq);
	if (status != CHANNEL_AGAIN)
		return status;
	mailbox_drop(t->ch);
	t->dropped++;
	return CHANNEL_OK;
}

static enum channel_status stress_call(struct stress_thread *t)
{
	unsigned char request[MAILBOX_MAX];
	enum channel_status status;
	size_t len = stress_write(request, t->done);

	do
		status = mailbox_start(t->ch, request, len, stress_deadline(&t->random));
	while (status == CHANNEL_AGAIN);
	if (status != CHANNEL_OK) {
		mailbox_drop(t->ch);
		return status;
	}
	status = stress_reply(t, t->done++);
	if (status == CHANNEL_CLOSED)
		mailbox_drop(t->ch);
	return status;
}

static bool stress_caller_step(struct stress_thread *t)
{
	uint64_t seq = t->done;

	stress_nap(&t->random, 2048);
	return !stress_over(random_below(&t->random, 4) ? stress_call(t) : stress_message(t), seq);
}

static void *stress_caller(void *arg)
{
	struct stress_thread *t = arg;

	while (t->done < t->most)
		if (!stress_caller_step(t))
			stress_fail("closed too early", t->done);
	/* Who finishes answers no more. */
	__atomic_sub_fetch(&stress_callers, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&stress_callers, __ATOMIC_ACQUIRE))
		sched_yield();
	channel_finish(t->ch);
	return NULL;
}

static enum channel_status stress_serve(struct stress_thread *t)
{
	unsigned char reply[MAILBOX_MAX];
	const void *msg;
	bool request;
	size_t len;
	enum channel_status status =
		mailbox_receive(t->ch, stress_deadline(&t->random), &request, &msg, &len);

	if (status != CHANNEL_OK)
		return status;
	stress_check(msg, len, t->done);
	stress_nap(&t->random, 2048);
	status = request ? mailbox_reply(t->ch, reply, stress_write(reply, ~t->done))
			 : channel_release(t->ch);
	t->done++;
	return status;
}

static bool stress_server_step(struct stress_thread *t)
{
	enum channel_status status = stress_serve(t);

	return status == CHANNEL_AGAIN || !stress_over(status, t->done);
}

static void *stress_server(void *arg)
{
	struct stress_thread *t = arg;

	while (stress_server_step(t))
		;
	if (t->most && (t->done != t->most || channel_reason(t->ch) != CHANNEL_FINISHED))
		stress_fail("closed too early", t->done);
	return NULL;
}

static void *stress_mortal_caller(void *arg)
{
	struct stress_thread *t = arg;

	while (t->done < t->most)
		if (!stress_caller_step(t))
			stress_fail("closed too early", t->done);
	endpoint_close(t->ch, CHANNEL_PEER_DIED);
	return NULL;
}

static void *stress_mortal_server(void *arg)
{
	struct stress_thread *t = arg;

	while (t->done < t->most)
		if (!stress_server_step(t))
			stress_fail("closed too early", t->done);
	endpoint_close(t->ch, CHANNEL_PEER_DIED);
	return NULL;
}

static void *stress_surviving_caller(void *arg)
{
	while (stress_caller_step(arg))
		;
	return NULL;
}

static void stress_both_ways(void)
{
	uint64_t n = stress_calls;
	struct channel_stats a, b;

	channel_pair_init(&stress_pair, STRESS_RING, -UINT64_C(8192));
	struct stress_thread threads[] = {
		{.run = stress_caller, .ch = stress_pair.a, .random = 1, .most = n},
		{.run = stress_server, .ch = stress_pair.b, .random = 2, .most = n},
		{.run = stress_caller, .ch = stress_pair.b, .random = 3, .most = n},
		{.run = stress_server, .ch = stress_pair.a, .random = 4, .most = n},
	};

	stress_callers = 2;
	stress_run(threads, 4);
	channel_stats(stress_pair.a, &a);
	channel_stats(stress_pair.b, &b);
	printf("ok 1 - both ways: %llu calls and messages, %llu calls dropped, %llu parks, %llu "
	       "bells\n",
	       (unsigned long long)(2 * n),
	       (unsigned long long)(threads[0].dropped + threads[2].dropped),
	       (unsigned long long)(a.parks + b.parks), (unsigned long long)(a.bells + b.bells));
	channel_pair_free(&stress_pair);
}

static void stress_death(uint64_t i)
{
	channel_pair_init(&stress_pair, STRESS_RING, -UINT64_C(8192));
	struct stress_thread callers[] = {
		{.run = stress_mortal_caller, .ch = stress_pair.a, .random = i + 1},
		{.run = stress_server, .ch = stress_pair.b, .random = ~i},
	};
	struct stress_thread servers[] = {
		{.run = stress_mortal_server, .ch = stress_pair.a, .random = i + 1},
		{.run = stress_surviving_caller, .ch = stress_pair.b, .random = ~i},
	};
	struct stress_thread *threads = i % 2 ? callers : servers;

	threads[0].most = i * 7 % STRESS_LIFE;
	/* The survivor must be told, or this never ends. */
	stress_run(threads, 2);
	if (channel_reason(stress_pair.b) != CHANNEL_PEER_DIED)
		stress_fail("wrong reason", i);
	channel_pair_free(&stress_pair);
}

int main(int argc, char **argv)
{
	uint64_t lives;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		stress_calls = strtoull(argv[1], NULL, 0);
	lives = stress_calls / STRESS_LIFE + 2;
	bell_init();
	if (argc > 2)
		bell_mode.fenced = true;
	puts("1..2");
	stress_both_ways();
	for (uint64_t i = 0; i < lives; i++)
		stress_death(i);
	printf("ok 2 - deaths: %llu channels\n", (unsigned long long)lives);
	return 0;
}
