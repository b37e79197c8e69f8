/* SPDX-License-Identifier: MIT */
/*
 * Both ends of a channel at full speed, asleep and dying, every byte checked.
 *
 *   channel_stress [MESSAGES [RING_BYTES [fenced]]]
 *
 * Three parts, each of about MESSAGES messages: a stream in both directions at
 * once, each end with one sending and one receiving thread; a dialogue of one
 * thread an end; many short channels that one end closes at a random moment.
 * Random naps make the other side run dry and park. "fenced" keeps order around
 * a sleep without the kernel's help. Each part is a case as the Test Anything
 * Protocol has it; the first failure ends the program with status 1.
 */
#include "tests/stress/stress.h"
#include "tests/unit/channel_pair.h"

#define STRESS_LIFE 200 /* attempts of a side that dies, at most */
#define STRESS_GOLDEN_RATIO UINT64_C(11400714819323198485) /* its inverse, times 2^64 */

static struct channel_pair stress_pair;
static uint64_t stress_messages = 200000;
static size_t stress_ring_bytes = 4096;

static uint64_t stress_mix(uint64_t seq)
{
	seq = (seq ^ seq >> 31) * STRESS_GOLDEN_RATIO;
	return seq ^ seq >> 29;
}

/* Mostly short, sometimes up to the largest: both ends know it from the number. */
static size_t stress_length(const struct channel *ch, uint64_t seq)
{
	uint64_t mix = stress_mix(seq);

	return mix % (mix % 16 ? 100 : channel_max(ch) + 1);
}

static uint64_t stress_patience(struct stress_thread *t)
{
	uint64_t deadline = stress_deadline(&t->random);

	return t->hasty && deadline == CHANNEL_FOREVER ? CHANNEL_NOW : deadline;
}

static enum channel_status stress_send_once(struct stress_thread *t, uint64_t seq)
{
	size_t len = stress_length(t->ch, seq);
	size_t spare = random_below(&t->random, 8) ? 0 : (channel_max(t->ch) - len) / 2;
	enum channel_status status;
	void *room;

	status = channel_reserve(t->ch, len + spare, stress_patience(t), &room);
	if (status != CHANNEL_OK)
		return status;
	stress_fill(room, len + spare, seq);
	return channel_commit(t->ch, len);
}

static enum channel_status stress_recv_once(struct stress_thread *t, uint64_t seq)
{
	enum channel_status status;
	const void *msg;
	size_t len;

	status = channel_peek(t->ch, stress_patience(t), &msg, &len);
	if (status != CHANNEL_OK)
		return status;
	if (len != stress_length(t->ch, seq))
		stress_fail("not the length that was sent", seq);
	if (!stress_filled(msg, len, seq))
		stress_fail("not what was sent", seq);
	return channel_release(t->ch);
}

/* Until it is done, or the channel is closed: then false. */
static bool stress_persist(enum channel_status (*once)(struct stress_thread *, uint64_t),
			   struct stress_thread *t, uint64_t seq)
{
	enum channel_status status;

	do
		status = once(t, seq);
	while (status == CHANNEL_AGAIN);
	if (status != CHANNEL_OK && status != CHANNEL_CLOSED)
		stress_fail(channel_status_text(status), seq);
	return status == CHANNEL_OK;
}

static bool stress_send(struct stress_thread *t, uint64_t seq)
{
	return stress_persist(stress_send_once, t, seq);
}

static bool stress_recv(struct stress_thread *t, uint64_t seq)
{
	return stress_persist(stress_recv_once, t, seq);
}

static void *stress_sender(void *arg)
{
	struct stress_thread *t = arg;

	for (; t->done < stress_messages; t->done++) {
		stress_nap(&t->random, 4096);
		if (!stress_send(t, t->done))
			stress_fail("closed too early", t->done);
	}
	channel_finish(t->ch);
	return NULL;
}

static void *stress_receiver(void *arg)
{
	struct stress_thread *t = arg;

	while (stress_recv(t, t->done)) {
		stress_nap(&t->random, 4096);
		t->done++;
	}
	if (t->done != stress_messages || channel_reason(t->ch) != CHANNEL_FINISHED)
		stress_fail("closed too early", t->done);
	return NULL;
}

static void *stress_caller(void *arg)
{
	struct stress_thread *t = arg;

	for (; t->done < stress_messages / 2; t->done++) {
		stress_nap(&t->random, 4096);
		if (!stress_send(t, t->done) || !stress_recv(t, t->done))
			stress_fail("closed too early", t->done);
	}
	channel_close(t->ch);
	return NULL;
}

static void *stress_answerer(void *arg)
{
	struct stress_thread *t = arg;

	while (stress_recv(t, t->done)) {
		stress_nap(&t->random, 4096);
		if (!stress_send(t, t->done))
			stress_fail("closed too early", t->done);
		t->done++;
	}
	if (t->done != stress_messages / 2)
		stress_fail("closed too early", t->done);
	return NULL;
}

/* Sends and receives, as chance has it, and dies. Never waits for ever: the peer may not either. */
static void *stress_mortal(void *arg)
{
	struct stress_thread *t = arg;
	uint64_t sent = 0, received = 0;

	t->hasty = true;
	for (; t->done < t->most; t->done++) {
		if (random_below(&t->random, 2))
			sent += stress_send_once(t, sent) == CHANNEL_OK;
		else
			received += stress_recv_once(t, received) == CHANNEL_OK;
	}
	endpoint_close(t->ch, CHANNEL_PEER_DIED);
	return NULL;
}

static void *stress_surviving_sender(void *arg)
{
	struct stress_thread *t = arg;

	while (stress_send(t, t->done))
		t->done++;
	return NULL;
}

static void *stress_surviving_receiver(void *arg)
{
	struct stress_thread *t = arg;

	while (stress_recv(t, t->done))
		t->done++;
	return NULL;
}

static void stress_report(unsigned part, const char *name)
{
	struct channel_stats a, b;

	channel_stats(stress_pair.a, &a);
	channel_stats(stress_pair.b, &b);
	printf("ok %u - %s: %llu messages, %llu bytes, %llu parks, %llu bells\n", part, name,
	       (unsigned long long)(a.sent + b.sent),
	       (unsigned long long)(a.sent_bytes + b.sent_bytes),
	       (unsigned long long)(a.parks + b.parks), (unsigned long long)(a.bells + b.bells));
}

static void stress_stream(void)
{
	channel_pair_init(&stress_pair, stress_ring_bytes, -UINT64_C(8192));
	struct stress_thread threads[] = {
		{.run = stress_sender, .ch = stress_pair.a, .random = 1},
		{.run = stress_receiver, .ch = stress_pair.b, .random = 2},
		{.run = stress_sender, .ch = stress_pair.b, .random = 3},
		{.run = stress_receiver, .ch = stress_pair.a, .random = 4},
	};

	stress_run(threads, 4);
	stress_report(1, "stream");
	channel_pair_free(&stress_pair);
}

static void stress_dialogue(void)
{
	channel_pair_init(&stress_pair, stress_ring_bytes, -UINT64_C(8192));
	struct stress_thread threads[] = {
		{.run = stress_caller, .ch = stress_pair.a, .random = 5},
		{.run = stress_answerer, .ch = stress_pair.b, .random = 6},
	};

	stress_run(threads, 2);
	stress_report(2, "dialogue");
	channel_pair_free(&stress_pair);
}

static void stress_death(uint64_t i)
{
	channel_pair_init(&stress_pair, stress_ring_bytes, -UINT64_C(8192));
	struct stress_thread threads[] = {
		{.run = stress_mortal, .ch = stress_pair.a, .random = i + 1},
		{.run = stress_surviving_sender, .ch = stress_pair.b, .random = ~i},
		{.run = stress_surviving_receiver, .ch = stress_pair.b, .random = i + 99},
	};

	threads[0].most = stress_mix(i) % STRESS_LIFE;
	/* The survivors must be told, or this never ends. */
	stress_run(threads, 3);
	if (channel_reason(stress_pair.b) != CHANNEL_PEER_DIED)
		stress_fail("wrong reason", i);
	channel_pair_free(&stress_pair);
}

static void stress_deaths(void)
{
	uint64_t lives = stress_messages / STRESS_LIFE + 1;

	for (uint64_t i = 0; i < lives; i++)
		stress_death(i);
	printf("ok 3 - deaths: %llu channels\n", (unsigned long long)lives);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		stress_messages = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		stress_ring_bytes = strtoull(argv[2], NULL, 0);
	bell_init();
	if (argc > 3)
		bell_mode.fenced = true;
	puts("1..3");
	stress_stream();
	stress_dialogue();
	stress_deaths();
	return 0;
}
