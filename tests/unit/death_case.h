/* SPDX-License-Identifier: MIT */
/*
 * A component that is ended in the middle of a channel call: at each of its
 * instructions in turn, by the processor's trap flag. Whatever it was doing, its
 * peer gets all that was sent, nothing twice, and is told; and the two can
 * connect again.
 */
#ifndef TESTS_UNIT_DEATH_CASE_H
#define TESTS_UNIT_DEATH_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "container/image.h"
#include "ipc/channel_table.h"
#include "ipc/endpoint.h"
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
static inline void test_trapped(int signal, siginfo_t *info, void *context)
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

static inline void test_trap(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::
				 : "memory", "cc");
}

static inline void test_trap_off(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::
				 : "memory", "cc");
}

/* Whether life ended it before it was done. */
static inline bool test_ends(void (*life)(void), unsigned long instructions)
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
static inline size_t test_length(unsigned long seq)
{
	return 200 + seq % 7 * 8;
}

static inline void test_send(struct channel *ch, unsigned long seq)
{
	char buf[256];

	buf[0] = buf[test_length(seq) - 1] = (char)seq;
	assert_int_equal(channel_send(ch, buf, test_length(seq), CHANNEL_NOW), CHANNEL_OK);
}

static inline enum channel_status test_recv(struct channel *ch, unsigned long seq,
					    uint64_t deadline)
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
static inline void test_connect(unsigned long turn)
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
static inline unsigned test_drain(void)
{
	enum channel_status status;
	unsigned n = 0;

	while ((status = test_recv(test.survivor, n, CHANNEL_NOW)) == CHANNEL_OK)
		n++;
	assert_int_equal(status, CHANNEL_CLOSED);
	return n;
}

static inline void assert_told(unsigned least, unsigned most)
{
	unsigned n = test_drain();

	assert_in_range(n, least, most);
	assert_int_equal(channel_send(test.survivor, "", 0, CHANNEL_NOW), CHANNEL_CLOSED);
	assert_int_equal(channel_recv(test.survivor, &n, 0, &(size_t){0}, CHANNEL_NOW),
			 CHANNEL_CLOSED);
}

/* A thread of the survivor, once it has said that it is about to sleep. */
static inline pthread_t test_sleeper(void *(*run)(void *), const uint32_t *flag, void *status)
{
	pthread_t id;

	assert_int_equal(pthread_create(&id, NULL, run, status), 0);
	while (!(__atomic_load_n(flag, __ATOMIC_RELAXED) & BELL_PARKED))
		sched_yield();
	return id;
}

static inline int death_setup(void **state)
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

#endif
