/* SPDX-License-Identifier: MIT */
/*
 * The path of a message while both sides are awake, instruction by instruction:
 * no system call, no locked instruction, no full fence, and no allocation.
 * Everything that is executed is looked at, the ends of the memory and the handing
 * back of room included; what the path does not come to is no part of it.
 */
#define _GNU_SOURCE /* names of registers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "ipc/channel_stream.h"
#include "ipc/mailbox.h"
#include "tests/unit/channel_pair.h"
#include "tests/unit/step.h"

#define ROUNDS 40 /* of messages that go around the ring several times */
#define LONGEST 300

static struct {
	unsigned long instructions, locked, fences, calls; /* system calls */
	unsigned long allocations;
	bool counting;
} seen;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	seen.allocations += seen.counting;
	return __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	seen.allocations += seen.counting;
	return __real_calloc(count, size);
}

void *__real_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size)
{
	seen.allocations += seen.counting;
	return __real_realloc(at, size);
}

static bool awake_prefix(unsigned char byte)
{
	return byte == 0x66 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x3e ||
	       byte == 0x64 || byte == 0x65;
}

/* Intel's manual, volume 2: prefixes, then REX, then the opcode. */
static void awake_look(const unsigned char *at)
{
	seen.instructions++;
	while (awake_prefix(*at))
		at++;
	if (*at == 0xf0) {
		seen.locked++;
		return;
	}
	if ((*at & 0xf0) == 0x40)
		at++;
	/* xchg with memory locks by itself. */
	if ((at[0] == 0x86 || at[0] == 0x87) && at[1] >> 6 != 3)
		seen.locked++;
	if (at[0] == 0x0f && at[1] == 0xae && at[2] >= 0xe8)
		seen.fences++;
	if (at[0] == 0x0f && (at[1] == 0x05 || at[1] == 0x34))
		seen.calls++;
}

/* The next instruction, which has not been executed yet. */
static void awake_trapped(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;

	(void)signal;
	(void)info;
	awake_look((const unsigned char *)interrupted->uc_mcontext.gregs[REG_RIP]);
}

/* What this does, told of each instruction. */
static void awake_watch(void (*run)(struct channel_pair *p), struct channel_pair *p)
{
	memset(&seen, 0, sizeof(seen));
	seen.counting = true;
	step_on();
	run(p);
	step_off();
	seen.counting = false;
}

static void assert_awake(void (*run)(struct channel_pair *p))
{
	struct channel_pair p;

	if (bell_mode.fenced)
		skip();
	channel_pair_init(&p, 4096, 0);
	awake_watch(run, &p);
	channel_pair_free(&p);
	assert_true(seen.instructions > 10 * ROUNDS);
	assert_int_equal(seen.locked, 0);
	assert_int_equal(seen.fences, 0);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(seen.allocations, 0);
}

static size_t awake_length(unsigned i)
{
	return i * 37 % LONGEST;
}

static char awake_bytes[LONGEST];

/* cmocka's asserts would be looked at, too. */
static void awake_expect(bool condition)
{
	if (!condition)
		abort();
}

static void run_copies(struct channel_pair *p)
{
	char bytes[LONGEST];
	size_t len;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct channel_part parts[] = {{awake_bytes, awake_length(i) / 2},
					       {awake_bytes, awake_length(i) / 3}};

		awake_expect(!channel_send(p->a, awake_bytes, awake_length(i), CHANNEL_FOREVER));
		awake_expect(!channel_sendv(p->a, parts, 2, CHANNEL_FOREVER));
		for (unsigned n = 0; n < 2; n++)
			awake_expect(
				!channel_recv(p->b, bytes, sizeof(bytes), &len, CHANNEL_FOREVER));
		awake_expect(channel_recv(p->b, bytes, sizeof(bytes), &len, CHANNEL_NOW) ==
			     CHANNEL_AGAIN);
	}
}

static void run_in_place(struct channel_pair *p)
{
	const void *msg;
	void *room;
	size_t len;

	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned n = 0; n < 4; n++) {
			awake_expect(
				!channel_reserve(p->a, awake_length(i), CHANNEL_FOREVER, &room));
			awake_expect(!channel_commit_quiet(p->a, awake_length(i)));
		}
		awake_expect(!channel_flush(p->a));
		awake_expect(!channel_reserve(p->a, awake_length(i), CHANNEL_FOREVER, &room));
		awake_expect(!channel_commit(p->a, awake_length(i)));
		for (unsigned n = 0; n < 5; n++) {
			awake_expect(!channel_peek(p->b, CHANNEL_FOREVER, &msg, &len));
			awake_expect(!channel_release(p->b));
		}
	}
}

static void run_streams(struct channel_pair *p)
{
	struct channel_writer w = channel_writer_open(p->a);
	struct channel_reader r = channel_reader_open(p->b);
	const void *msg;
	void *room;
	size_t len;

	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned n = 0; n < 4; n++) {
			awake_expect(
				!channel_writer_room(&w, awake_length(i), CHANNEL_FOREVER, &room));
			awake_expect(!(n % 2 ? channel_writer_commit(&w, awake_length(i))
					     : channel_writer_add(&w, awake_length(i))));
		}
		for (unsigned n = 0; n < 4; n++) {
			awake_expect(!channel_reader_next(&r, CHANNEL_FOREVER, &msg, &len));
			awake_expect(!channel_reader_done(&r));
		}
	}
	channel_writer_close(&w);
	channel_reader_close(&r);
}

static void run_mailbox(struct channel_pair *p)
{
	char reply[MAILBOX_MAX];
	const void *msg;
	bool request;
	size_t len;

	mailbox_receive(p->b, CHANNEL_NOW, &request, &msg, &len);
	for (unsigned i = 0; i < ROUNDS; i++) {
		awake_expect(!mailbox_start(p->a, awake_bytes, i % MAILBOX_MAX, CHANNEL_FOREVER));
		awake_expect(!mailbox_receive(p->b, CHANNEL_FOREVER, &request, &msg, &len));
		awake_expect(!mailbox_reply(p->b, msg, len));
		awake_expect(!mailbox_wait(p->a, reply, sizeof(reply), &len, CHANNEL_FOREVER));
	}
}

static void messages_by_copy_pass_without_a_call_a_lock_or_a_fence(void **state)
{
	(void)state;
	assert_awake(run_copies);
}

static void messages_in_place_and_in_batches_do_too(void **state)
{
	(void)state;
	assert_awake(run_in_place);
}

static void streams_do_too(void **state)
{
	(void)state;
	assert_awake(run_streams);
}

static void calls_through_the_mailbox_do_too(void **state)
{
	(void)state;
	assert_awake(run_mailbox);
}

/* All that must not be there, so that it is known to be seen. */
static void run_asleep(struct channel_pair *p)
{
	static void *volatile allocated;

	bell_arm(&p->a->rx_ring.control->flag.receiver, false);
	channel_send(p->b, "x", 1, CHANNEL_NOW);
	__asm__ volatile("mfence" ::: "memory");
	allocated = malloc(1);
	free(allocated);
}

static void what_wakes_a_sleeper_is_seen_to_do_all_of_it(void **state)
{
	struct channel_pair p;

	(void)state;
	channel_pair_init(&p, 4096, 0);
	awake_watch(run_asleep, &p);
	channel_pair_free(&p);
	assert_in_range(seen.locked, 2, 10);
	assert_int_equal(seen.fences, 1);
	assert_in_range(seen.calls, 1, 2);
	assert_int_equal(seen.allocations, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_by_copy_pass_without_a_call_a_lock_or_a_fence),
		cmocka_unit_test(messages_in_place_and_in_batches_do_too),
		cmocka_unit_test(streams_do_too),
		cmocka_unit_test(calls_through_the_mailbox_do_too),
		cmocka_unit_test(what_wakes_a_sleeper_is_seen_to_do_all_of_it),
	};

	bell_init();
	if (step_setup(awake_trapped))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
