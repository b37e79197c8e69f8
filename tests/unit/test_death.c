/* SPDX-License-Identifier: MIT */
/*
 * A component that is ended in the middle of a channel call: at each of its
 * instructions in turn, by the processor's trap flag. Whatever it was doing, its
 * peer gets all that was sent, nothing twice, and is told; and the two can
 * connect again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "container/image.h"
#include "ipc/channel_stream.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
#include "ipc/set.h"
#include "tests/unit/component_made_up.h"

#define MORTAL 0
#define SURVIVOR 1
#define RING 4096
#define BATCH 2

static const struct image_channel test_channels[] = {{"pair", MORTAL, SURVIVOR, RING}};
static const struct image test_image = {
	.name = "test",
	.component_count = 2,
	.channel_count = 1,
	.channels = test_channels,
};

static struct {
	sigjmp_buf out;
	volatile unsigned long left; /* instructions to live */
	volatile unsigned done;      /* calls that returned */
	struct channel *mortal, *survivor;
} test;

/* A signal that ends the component is held back where the container holds signals back. */
static void test_trapped(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;

	(void)signal;
	(void)info;
	if (test.left) {
		test.left--;
		return;
	}
	if (!sigismember(&interrupted->uc_sigmask, SIGRTMIN + 1))
		siglongjmp(test.out, 1);
}

static void test_trap(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::
				 : "memory", "cc");
}

static void test_trap_off(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::
				 : "memory", "cc");
}

/* Whether life ended it before it was done. */
static bool test_ends(void (*life)(void), unsigned long instructions)
{
	test.done = 0;
	test.left = instructions;
	if (sigsetjmp(test.out, 1))
		return true;
	test_trap();
	life();
	test_trap_off();
	return false;
}

/* Long enough for a pad now and then. */
static size_t test_length(unsigned long seq)
{
	return 200 + seq % 7 * 8;
}

static void test_send(struct channel *ch, unsigned long seq)
{
	char buf[256];

	buf[0] = buf[test_length(seq) - 1] = (char)seq;
	assert_int_equal(channel_send(ch, buf, test_length(seq), CHANNEL_NOW), CHANNEL_OK);
}

static enum channel_status test_recv(struct channel *ch, unsigned long seq, uint64_t deadline)
{
	char buf[256];
	size_t len;
	enum channel_status status = channel_recv(ch, buf, sizeof(buf), &len, deadline);

	if (status != CHANNEL_OK)
		return status;
	assert_int_equal(len, test_length(seq));
	assert_int_equal(buf[0], (char)seq);
	assert_int_equal(buf[len - 1], (char)seq);
	return CHANNEL_OK;
}

/* A new connection, with both cursors somewhere else each time. */
static void test_connect(unsigned long turn)
{
	channel_table_begin(MORTAL);
	test.survivor = test_open(SURVIVOR, "pair");
	test.mortal = test_open(MORTAL, "pair");
	assert_non_null(test.survivor);
	assert_non_null(test.mortal);
	for (unsigned long i = 0; i < turn % 18; i++) {
		test_send(test.mortal, i);
		assert_int_equal(test_recv(test.survivor, i, CHANNEL_NOW), CHANNEL_OK);
		test_send(test.survivor, i);
		assert_int_equal(test_recv(test.mortal, i, CHANNEL_NOW), CHANNEL_OK);
	}
}

/* What the dead one sent, each message once; then the survivor is told, both ways. */
static unsigned test_drain(void)
{
	enum channel_status status;
	unsigned n = 0;

	while ((status = test_recv(test.survivor, n, CHANNEL_NOW)) == CHANNEL_OK)
		n++;
	assert_int_equal(status, CHANNEL_CLOSED);
	return n;
}

static void assert_told(unsigned least, unsigned most)
{
	unsigned n = test_drain();

	assert_in_range(n, least, most);
	assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(channel_recv(test.survivor, &n, 0, &(size_t){0}, CHANNEL_NOW),
			 CHANNEL_CLOSED);
}

static void life_send_one(unsigned i)
{
	static char messages[BATCH][256];

	messages[i][0] = messages[i][test_length(i) - 1] = (char)i;
	if (channel_send(test.mortal, messages[i], test_length(i), CHANNEL_NOW) == CHANNEL_OK)
		test.done++;
}

static void life_send(void)
{
	for (unsigned i = 0; i < BATCH; i++)
		life_send_one(i);
}

static void a_sender_may_end_at_any_instruction(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		unsigned done;

		test_connect(n);
		ended = test_ends(life_send, n);
		done = test.done;
		channel_table_end(MORTAL, true);
		assert_told(done, done < BATCH ? done + 1 : done);
		assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	}
	assert_true(n > 100);
}

static void life_batch(void)
{
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_reserve(test.mortal, test_length(i), CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[test_length(i) - 1] = (char)i;
		channel_commit_quiet(test.mortal, test_length(i));
	}
	test.done = 1;
	if (channel_flush(test.mortal) == CHANNEL_OK)
		test.done = 2;
}

static void a_batch_is_sent_whole_or_not_at_all(void **state)
{
	static const unsigned least[] = {0, 0, BATCH}, most[] = {0, BATCH, BATCH};
	unsigned long n = 0, sent = 0, lost = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		unsigned received;

		test_connect(n);
		ended = test_ends(life_batch, n);
		channel_table_end(MORTAL, true);
		received = test_drain();
		if (received != least[test.done])
			assert_int_equal(received, most[test.done]);
		sent += received == BATCH;
		lost += received == 0;
		assert_told(0, 0);
	}
	assert_true(sent > 1 && lost > 100);
}

static void life_write(void)
{
	struct channel_writer w = channel_writer_open(test.mortal);
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_writer_room(&w, test_length(i), CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[test_length(i) - 1] = (char)i;
		channel_writer_commit(&w, test_length(i));
		test.done++;
	}
}

static void life_write_together(void)
{
	struct channel_writer w = channel_writer_open(test.mortal);
	void *room;

	for (unsigned i = 0; i < BATCH; i++) {
		if (channel_writer_room(&w, test_length(i), CHANNEL_NOW, &room) != CHANNEL_OK)
			return;
		((char *)room)[0] = ((char *)room)[test_length(i) - 1] = (char)i;
		channel_writer_add(&w, test_length(i));
	}
	channel_writer_flush(&w);
	test.done = BATCH;
}

static void a_writer_may_end_at_any_instruction(void **state)
{
	void (*lives[])(void) = {life_write, life_write_together};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		unsigned long n = 0;
		bool ended = true;

		for (; ended; n++) {
			unsigned done;

			test_connect(n);
			ended = test_ends(lives[i], n);
			done = test.done;
			channel_table_end(MORTAL, true);
			/* Where room had to wait, the first of what was added went before. */
			assert_told(done, i ? BATCH : done < BATCH ? done + 1 : done);
			assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
		}
		assert_true(n > 100);
	}
}

static void life_receive(void)
{
	char buf[256];
	size_t len;

	for (unsigned i = 0; i < BATCH; i++)
		channel_recv(test.mortal, buf, sizeof(buf), &len, CHANNEL_NOW);
}

static void a_receiver_may_end_at_any_instruction(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		test_connect(n);
		for (unsigned i = 0; i < BATCH; i++)
			test_send(test.survivor, i);
		ended = test_ends(life_receive, n);
		channel_table_end(MORTAL, true);
		assert_told(0, 0);
		assert_int_equal(channel_reason(test.survivor), CHANNEL_PEER_DIED);
	}
	assert_true(n > 100);
}

static void test_release(void)
{
	const void *msg;
	size_t len;

	if (channel_peek(test.mortal, CHANNEL_NOW, &msg, &len) == CHANNEL_OK)
		channel_release(test.mortal);
}

static void *test_sleeps_for_room(void *status)
{
	void *room;

	*(enum channel_status *)status = channel_reserve(test.survivor, 8, CHANNEL_FOREVER, &room);
	return NULL;
}

static void *test_sleeps_for_message(void *status)
{
	*(enum channel_status *)status = test_recv(test.survivor, 0, CHANNEL_FOREVER);
	return NULL;
}

/* A thread of the survivor, once it has said that it is about to sleep. */
static pthread_t test_sleeper(void *(*run)(void *), const uint32_t *flag,
			      enum channel_status *status)
{
	pthread_t id;

	assert_int_equal(pthread_create(&id, NULL, run, status), 0);
	while (!(__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED))
		sched_yield();
	return id;
}

static void a_sender_that_ends_before_it_has_woken_its_peer_leaves_nobody_asleep(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(n);
		id = test_sleeper(test_sleeps_for_message,
				  &test.survivor->rx_ring.control->flag.receiver, &status);
		ended = test_ends(life_send, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		if (status != CHANNEL_OK)
			assert_int_equal(status, CHANNEL_CLOSED);
		channel_close(test.survivor);
	}
}

static void *test_sleeps_in_set(void *status)
{
	struct channel_set *set = channel_set_new();
	void *tag;

	channel_set_receive(set, test.survivor, NULL);
	*(enum channel_status *)status = channel_set_wait(set, CHANNEL_FOREVER, &tag);
	channel_set_free(set);
	return NULL;
}

static void a_sender_that_ends_before_it_has_told_a_set_leaves_nobody_asleep(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(n);
		id = test_sleeper(test_sleeps_in_set,
				  &test.survivor->rx_ring.control->flag.receiver, &status);
		ended = test_ends(life_send, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		assert_int_equal(status, CHANNEL_OK);
		channel_close(test.survivor);
	}
	assert_true(n > 100);
}

/* All that makes up a portion of room but for the last message of it. */
static void test_fill_and_release(void)
{
	unsigned portion = RING / RING_ACK_SHARE / (8 + 8);

	while (channel_send(test.survivor, "12345678", 8, CHANNEL_NOW) == CHANNEL_OK)
		;
	for (unsigned i = 1; i < portion; i++)
		test_release();
}

static void a_receiver_that_ends_before_it_has_made_room_leaves_nobody_asleep(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(0);
		test_fill_and_release();
		id = test_sleeper(test_sleeps_for_room,
				  &test.survivor->tx_ring.control->flag.sender, &status);
		ended = test_ends(test_release, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		if (status != CHANNEL_OK)
			assert_int_equal(status, CHANNEL_CLOSED);
		assert_told(0, 0);
	}
}

static void life_close(void)
{
	channel_finish(test.mortal);
	channel_close(test.mortal);
}

static void who_closes_may_end_at_any_instruction(void **state)
{
	enum channel_status status;
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		pthread_t id;

		test_connect(n);
		id = test_sleeper(test_sleeps_for_message,
				  &test.survivor->rx_ring.control->flag.receiver, &status);
		ended = test_ends(life_close, n);
		channel_table_end(MORTAL, true);
		pthread_join(id, NULL);
		assert_int_equal(status, CHANNEL_CLOSED);
		assert_told(0, 0);
		if (!ended)
			assert_int_equal(channel_reason(test.survivor), CHANNEL_FINISHED);
	}
}

static void life_reopen(void)
{
	channel_close(test.mortal);
	test.mortal = test_open(MORTAL, "pair");
	life_send_one(0);
}

static void who_opens_again_may_end_at_any_instruction(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		test_connect(n);
		ended = test_ends(life_reopen, n);
		test_component = COMPONENT_NONE;
		channel_table_end(MORTAL, true);
		assert_told(0, 0);
	}
	assert_true(n > 100);
}

/* The survivor, which had let go, waits in a connection for the next life; that is there. */
static void assert_awaits(void)
{
	test_send(test.survivor, 5);
	channel_table_begin(MORTAL);
	test.mortal = test_open(MORTAL, "pair");
	assert_int_equal(test_recv(test.mortal, 5, CHANNEL_NOW), CHANNEL_OK);
	channel_table_end(MORTAL, true);
	assert_told(0, 0);
}

static void who_opens_again_last_may_end_at_any_instruction(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++) {
		test_connect(n);
		channel_close(test.survivor);
		test_open(SURVIVOR, "pair");
		ended = test_ends(life_reopen, n);
		test_component = COMPONENT_NONE;
		channel_table_end(MORTAL, true);
		assert_int_not_equal(channel_reason(test.survivor), CHANNEL_CONNECTING);
		if (!test.done && test_recv(test.survivor, 0, CHANNEL_NOW) == CHANNEL_AGAIN)
			assert_awaits();
		else
			assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW),
					 CHANNEL_CLOSED);
	}
	assert_true(n > 100);
}

static void life_connecting(void)
{
	const void *msg;
	size_t len;

	life_send_one(0);
	channel_peek(test.mortal, CHANNEL_NOW, &msg, &len);
	channel_close(test.mortal);
}

/* Before the peer has let go, and at the moment when it has. */
static void who_waits_for_its_connection_may_end_at_any_instruction(void **state)
{
	unsigned long n = 0;
	bool ended = true;

	(void)state;
	for (; ended; n++)
		for (unsigned ready = 0; ready < 2; ready++) {
			test_connect(0);
			channel_close(test.mortal);
			test_open(MORTAL, "pair");
			channel_close(test.survivor);
			assert_int_equal(channel_reason(test.mortal), CHANNEL_CONNECTING);
			if (ready)
				test_open(SURVIVOR, "pair");
			ended = test_ends(life_connecting, n);
			if (!ready)
				test_open(SURVIVOR, "pair");
			channel_table_end(MORTAL, true);
			assert_told(test.done, ready);
		}
	assert_true(n > 100);
}

static int group_setup(void **state)
{
	struct sigaction action = {.sa_sigaction = test_trapped, .sa_flags = SA_SIGINFO};

	(void)state;
	if (sigaction(SIGTRAP, &action, NULL) || channel_table_create(&test_image))
		return -1;
	/* So that a life can begin. */
	channel_table_end(MORTAL, true);
	return channel_recv(test_open(SURVIVOR, "pair"), NULL, 0, &(size_t){0}, CHANNEL_NOW) !=
	       CHANNEL_CLOSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_may_end_at_any_instruction),
		cmocka_unit_test(a_batch_is_sent_whole_or_not_at_all),
		cmocka_unit_test(a_writer_may_end_at_any_instruction),
		cmocka_unit_test(a_receiver_may_end_at_any_instruction),
		cmocka_unit_test(
			a_sender_that_ends_before_it_has_woken_its_peer_leaves_nobody_asleep),
		cmocka_unit_test(a_sender_that_ends_before_it_has_told_a_set_leaves_nobody_asleep),
		cmocka_unit_test(a_receiver_that_ends_before_it_has_made_room_leaves_nobody_asleep),
		cmocka_unit_test(who_closes_may_end_at_any_instruction),
		cmocka_unit_test(who_opens_again_may_end_at_any_instruction),
		cmocka_unit_test(who_opens_again_last_may_end_at_any_instruction),
		cmocka_unit_test(who_waits_for_its_connection_may_end_at_any_instruction),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
