/* SPDX-License-Identifier: MIT */
/*
 * Many calls at once, short and long, of one task and of several, to a server that answers in
 * any order: by what is short, by what is long, or that it failed.
 *
 *   call_stress [CALLS [fenced]]
 *
 * Each task starts some calls, waits for some of them in any order, gives up at random, and
 * drops them all; each reply has to be the one to its request. The rings are small, so both
 * sides wait for room all the time: a wait that nobody ends is the failure looked for, and
 * then the program never ends. "fenced" keeps order around a sleep without the kernel's
 * help. Each part is a case as the Test Anything Protocol has it; the first failure ends the
 * program with status 1.
 */
#include <string.h>

#include "ipc/call.h"
#include "ipc/task.h"
#include "tests/stress/stress.h"
#include "tests/unit/channel_pair.h"
#include "tests/unit/component_made_up.h"

#define STRESS_RING 4096
#define STRESS_LONG 1900
#define STRESS_OPEN 3    /* calls of a task at once */
#define STRESS_TASKS 6   /* of the second part */
#define STRESS_KEPT 64   /* requests that the server has not answered yet, at most */
#define STRESS_REQUEST 8 /* bytes of the shortest */

struct stress_call {
	struct call call;
	uint64_t seq;
	unsigned char reply[STRESS_LONG];
};

struct stress_kept {
	uint64_t id, seq;
};

static struct channel_pair stress_pair;
static struct call_client stress_client;
static uint64_t stress_calls = 60000, stress_seq;

/* Half of them go through the mailbox, if that is free. */
static size_t stress_length(uint64_t *random)
{
	size_t most = random_below(random, 2) ? STRESS_LONG : MAILBOX_MAX;

	return STRESS_REQUEST + random_below(random, most - STRESS_REQUEST);
}

static enum channel_status stress_answer(struct channel *ch, const struct stress_kept *k,
					 uint64_t *random)
{
	unsigned char reply[STRESS_LONG];
	size_t len = stress_length(random);

	if (random_below(random, 16) == 0)
		return call_fail(ch, k->id, "no", CHANNEL_FOREVER);
	stress_fill(reply, len, k->seq);
	return call_reply(ch, k->id, reply, len, CHANNEL_FOREVER);
}

/* The next request is kept; for ever where there are none. */
static enum channel_status stress_take(struct channel *ch, struct stress_kept *kept, unsigned *n)
{
	const void *request;
	size_t len;
	enum channel_status status =
		call_receive(ch, *n ? CHANNEL_NOW : CHANNEL_FOREVER, &kept[*n].id, &request, &len);

	if (status != CHANNEL_OK)
		return status;
	memcpy(&kept[*n].seq, request, sizeof(kept->seq));
	if (!stress_filled((const unsigned char *)request + 8, len - 8, kept[*n].seq))
		stress_fail("not what was asked", kept[*n].seq);
	++*n;
	return channel_release(ch);
}

static void *stress_serve(void *arg)
{
	struct stress_thread *t = arg;
	struct stress_kept kept[STRESS_KEPT];
	enum channel_status status = CHANNEL_OK;
	unsigned n = 0;

	while (status != CHANNEL_CLOSED) {
		status = stress_take(t->ch, kept, &n);
		if (status == CHANNEL_OK && n < STRESS_KEPT && random_below(&t->random, 3))
			continue;
		while (status != CHANNEL_CLOSED && n && random_below(&t->random, 4)) {
			unsigned i = (unsigned)random_below(&t->random, n);

			status = stress_answer(t->ch, &kept[i], &t->random);
			kept[i] = kept[--n];
		}
		while (status != CHANNEL_CLOSED && n == STRESS_KEPT)
			status = stress_answer(t->ch, &kept[--n], &t->random);
		stress_nap(&t->random, 200);
	}
	return NULL;
}

static bool stress_start(struct stress_call *c, uint64_t *random)
{
	unsigned char request[STRESS_LONG];
	const struct channel_part part = {request, stress_length(random)};
	enum channel_status status;

	c->seq = ++stress_seq;
	memcpy(request, &c->seq, 8);
	stress_fill(request + 8, part.size - 8, c->seq);
	status = call_start(&stress_client, &c->call, &part, 1, c->reply, sizeof(c->reply),
			    stress_deadline(random));
	if (status != CHANNEL_OK && status != CHANNEL_AGAIN)
		stress_fail(channel_status_text(status), c->seq);
	return status == CHANNEL_OK;
}

static void stress_wait(struct stress_call *c, uint64_t *random)
{
	uint64_t deadline = stress_deadline(random);
	enum channel_status status = call_wait(&stress_client, &c->call, deadline);

	if (status == CHANNEL_AGAIN && deadline != CHANNEL_FOREVER)
		return;
	if (status == CHANNEL_FAILED && c->call.length == 2)
		return;
	if (status != CHANNEL_OK)
		stress_fail(channel_status_text(status), c->seq);
	if (c->call.length < STRESS_REQUEST || !stress_filled(c->reply, c->call.length, c->seq))
		stress_fail("not the reply to this request", c->seq);
}

/* Some calls, one after the other; what was not waited for is dropped. */
static unsigned stress_round(struct stress_call *calls, uint64_t *random)
{
	unsigned most = 1 + (unsigned)random_below(random, STRESS_OPEN), n = 0;
	bool backwards = random_below(random, 2);

	while (n < most && stress_start(&calls[n], random))
		n++;
	for (unsigned i = 0; i < n; i++)
		if (random_below(random, 6))
			stress_wait(&calls[backwards ? n - 1 - i : i], random);
	for (unsigned i = 0; i < n; i++)
		call_drop(&stress_client, &calls[i].call);
	return n;
}

static int stress_call(void *arg)
{
	uint64_t random = (uintptr_t)arg;
	struct stress_call calls[STRESS_OPEN];

	for (uint64_t done = 0; done < stress_calls;) {
		done += stress_round(calls, &random);
		if (random_below(&random, 40) == 0)
			task_sleep(monotonic_now() + 50000);
		else if (random_below(&random, 3) == 0)
			task_yield();
	}
	return 0;
}

static void stress_tasks(void)
{
	struct task *tasks[STRESS_TASKS];

	stress_calls /= STRESS_TASKS;
	for (uintptr_t i = 0; i < STRESS_TASKS; i++) {
		tasks[i] = task_spawn(stress_call, (void *)(i + 1), 0);
		if (!tasks[i])
			stress_fail("no task", i);
	}
	for (unsigned i = 0; i < STRESS_TASKS; i++)
		if (task_join(tasks[i], CHANNEL_FOREVER, NULL) != CHANNEL_OK)
			stress_fail("a task was not joined", i);
}

static void stress_alone(void)
{
	stress_call((void *)(uintptr_t)7);
}

static void stress_part(unsigned number, const char *title, void (*run)(void))
{
	struct stress_thread server = {.random = number};

	channel_pair_init(&stress_pair, STRESS_RING, (uint64_t)-3 * STRESS_RING);
	call_client_init(&stress_client, stress_pair.a);
	stress_seq = 0;
	server.ch = stress_pair.b;
	if (pthread_create(&server.id, NULL, stress_serve, &server))
		stress_fail("no thread", number);
	run();
	channel_close(stress_pair.a);
	pthread_join(server.id, NULL);
	channel_pair_free(&stress_pair);
	printf("ok %u - %s: %llu calls, %llu late replies\n", number, title,
	       (unsigned long long)stress_seq, (unsigned long long)stress_client.late);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		stress_calls = strtoull(argv[1], NULL, 10);
	bell_init();
	test_component = 3;
	if (argc > 2)
		bell_mode.fenced = true;
	printf("1..2\n");
	stress_part(1, "a thread without tasks calls", stress_alone);
	stress_part(2, "tasks call", stress_tasks);
	return 0;
}
