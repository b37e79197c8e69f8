/* SPDX-License-Identifier: MIT */
/* Either side of a mailbox against a peer that writes anything into its line, at any time. */
#include <pthread.h>

#include "ipc/mailbox.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/ring_pair.h"

#define STEPS 300000

static struct mailbox_line *test_line(struct channel_pair *p)
{
	return &p->there.control->mailbox;
}

static enum channel_status test_receive(struct channel *ch)
{
	const void *msg;
	bool request;
	size_t len = 0;
	enum channel_status status = mailbox_receive(ch, CHANNEL_NOW, &request, &msg, &len);

	if (status == CHANNEL_OK && !request)
		channel_release(ch);
	if (status == CHANNEL_OK && request)
		assert_true(len <= MAILBOX_MAX);
	return status;
}

static enum channel_status test_wait(struct channel *ch)
{
	char reply[MAILBOX_MAX];
	size_t len = 0;
	enum channel_status status = mailbox_wait(ch, reply, sizeof(reply), &len, CHANNEL_NOW);

	if (status == CHANNEL_OK)
		assert_true(len <= MAILBOX_MAX);
	return status;
}

static void words_that_no_server_writes_close_the_channel(void **state)
{
	const struct {
		uint64_t word;
		enum channel_status status;
	} cases[] = {
		{mailbox_word(1, MAILBOX_REQUEST, 1), CHANNEL_AGAIN},
		{mailbox_word(1, MAILBOX_REPLY, 0), CHANNEL_OK},
		{mailbox_word(1, MAILBOX_REPLY, MAILBOX_MAX), CHANNEL_OK},
		{mailbox_word(1, MAILBOX_ELSEWHERE, 0), CHANNEL_TOO_BIG},
		{mailbox_word(1, MAILBOX_REPLY, MAILBOX_MAX + 1), CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_ELSEWHERE, 63), CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_REQUEST, 2), CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_NOTHING, 0), CHANNEL_CLOSED},
		{mailbox_word(0, MAILBOX_REPLY, 0), CHANNEL_CLOSED},
		{mailbox_word(2, MAILBOX_REPLY, 0), CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_REPLY, 0) | UINT64_C(1) << 63, CHANNEL_CLOSED},
		{0, CHANNEL_CLOSED},
		{UINT64_MAX, CHANNEL_CLOSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct channel_pair p;

		channel_pair_init(&p, TEST_RING, 0);
		assert_int_equal(test_receive(p.b), CHANNEL_AGAIN);
		assert_int_equal(mailbox_start(p.a, "x", 1, CHANNEL_NOW), CHANNEL_OK);
		test_line(&p)->word = cases[i].word;
		assert_int_equal(test_wait(p.a), cases[i].status);
		if (cases[i].status == CHANNEL_CLOSED) {
			assert_int_equal(channel_reason(p.a), CHANNEL_PROTOCOL);
			assert_int_equal(test_recv(p.b, CHANNEL_FOREVER), CHANNEL_CLOSED);
			assert_int_equal(channel_reason(p.b), CHANNEL_PROTOCOL);
		}
		channel_pair_free(&p);
	}
}

static void words_that_no_caller_writes_close_the_channel(void **state)
{
	const struct {
		uint64_t word, position;
		enum channel_status status;
	} cases[] = {
		{mailbox_word(0, MAILBOX_REPLY, 0), 0, CHANNEL_AGAIN},
		{mailbox_word(1, MAILBOX_REQUEST, 0), 0, CHANNEL_OK},
		{mailbox_word(1, MAILBOX_REQUEST, MAILBOX_MAX), 0, CHANNEL_OK},
		{mailbox_word(1, MAILBOX_REQUEST, MAILBOX_MAX + 1), 0, CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_REPLY, 0), 0, CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_ELSEWHERE, 0), 0, CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_NOTHING, 0), 0, CHANNEL_CLOSED},
		{mailbox_word(2, MAILBOX_REQUEST, 0), 0, CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_REQUEST, 0), 8, CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_REQUEST, 0), INT64_MAX, CHANNEL_CLOSED},
		{mailbox_word(1, MAILBOX_REQUEST, 0), UINT64_MAX, CHANNEL_OK}, /* passed */
		{UINT64_MAX, 0, CHANNEL_CLOSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct channel_pair p;

		channel_pair_init(&p, TEST_RING, 0);
		assert_int_equal(test_receive(p.b), CHANNEL_AGAIN);
		test_line(&p)->position = cases[i].position;
		test_line(&p)->word = cases[i].word;
		assert_int_equal(test_receive(p.b), cases[i].status);
		if (cases[i].status == CHANNEL_CLOSED) {
			assert_int_equal(channel_reason(p.b), CHANNEL_PROTOCOL);
			assert_int_equal(mailbox_start(p.a, "x", 1, CHANNEL_FOREVER),
					 CHANNEL_CLOSED);
			assert_int_equal(channel_reason(p.a), CHANNEL_PROTOCOL);
		}
		channel_pair_free(&p);
	}
}

/* Words that pass some of the checks, so that the later ones are reached too. */
static void test_scribble(struct channel_pair *p)
{
	struct mailbox_line *line = test_line(p);
	uint64_t number = mailbox_number(__atomic_load_n(&line->word, __ATOMIC_RELAXED));
	uint64_t any = test_random();

	if (test_random() % 8 == 0)
		__atomic_store_n(&line->position, any % 2 ? any : p->b->rx.cursor + any % 4 * 8,
				 __ATOMIC_RELAXED);
	else
		__atomic_store_n(&line->position, p->b->rx.cursor, __ATOMIC_RELAXED);
	if (test_random() % 64 == 0)
		number = test_random() % 8 ? number + 2 : any;
	else
		number += test_random() % 2;
	__atomic_store_n(&line->word,
			 mailbox_word(number, (enum mailbox_kind)(any % 4), any / 4 % 50) &
				 UINT64_MAX >> (any % 97 == 0),
			 __ATOMIC_RELEASE);
	if (test_random() % 512 == 0)
		__atomic_fetch_or(&p->there.control->flag.caller, (uint32_t)any, __ATOMIC_RELAXED);
}

static void test_step(struct channel_pair *p)
{
	switch (test_random() % 8) {
	case 0:
	case 1:
		test_scribble(p);
		break;
	case 2:
		mailbox_start(p->a, "123456", test_random() % 7, CHANNEL_NOW);
		break;
	case 3:
		test_wait(p->a);
		break;
	case 4:
		mailbox_drop(p->a);
		break;
	case 5:
		channel_send(p->a, "m", 1, CHANNEL_NOW);
		break;
	case 6:
		test_receive(p->b);
		break;
	case 7:
		mailbox_reply(p->b, "12345678", test_random() % 9);
		break;
	}
}

/* Whatever happens, the answers are of the kinds there are, and who is closed stays so. */
static void no_scribbling_leads_out_of_the_line(void **state)
{
	unsigned lives = 0, steps = 0;

	(void)state;
	while (steps < STEPS) {
		struct channel_pair p;

		channel_pair_init(&p, TEST_RING, 0);
		for (unsigned i = 0; i < 200 && !channel_reason(p.a); i++, steps++)
			test_step(&p);
		if (p.a->tx.call.reason) {
			mailbox_drop(p.a);
			assert_int_equal(mailbox_start(p.a, "x", 1, CHANNEL_FOREVER),
					 CHANNEL_CLOSED);
		}
		if (p.b->rx.reason)
			assert_int_equal(test_receive(p.b), CHANNEL_CLOSED);
		channel_pair_free(&p);
		lives++;
	}
	assert_in_range(lives, 1001, UINT64_MAX);
}

static bool scribbling;

static void *scribbles(void *arg)
{
	struct channel_pair *p = arg;
	uint64_t n = 0;

	while (__atomic_load_n(&scribbling, __ATOMIC_RELAXED)) {
		uint64_t word = __atomic_load_n(&test_line(p)->word, __ATOMIC_RELAXED);

		n += 11400714819323198485u;
		if (n % 5 == 0)
			__atomic_store_n(&test_line(p)->word,
					 mailbox_word(mailbox_number(word) + n % 2,
						      (enum mailbox_kind)(n >> 8 & 3),
						      n >> 10 & 63),
					 __ATOMIC_RELEASE);
	}
	return NULL;
}

/* The word may change between any two of the victim's instructions. */
static void a_word_is_read_once(void **state)
{
	(void)state;
	for (unsigned life = 0; life < 300; life++) {
		struct channel_pair p;
		pthread_t id;

		channel_pair_init(&p, TEST_RING, 0);
		test_receive(p.b);
		__atomic_store_n(&scribbling, true, __ATOMIC_RELAXED);
		assert_int_equal(pthread_create(&id, NULL, scribbles, &p), 0);
		for (unsigned i = 0; i < 2000; i++) {
			if (mailbox_start(p.a, "x", 1, CHANNEL_NOW) == CHANNEL_CLOSED)
				break;
			test_wait(p.a);
			test_receive(p.b);
			mailbox_reply(p.b, "12345678", i % 9);
			test_wait(p.a);
			mailbox_drop(p.a);
		}
		__atomic_store_n(&scribbling, false, __ATOMIC_RELAXED);
		pthread_join(id, NULL);
		channel_pair_free(&p);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(words_that_no_server_writes_close_the_channel),
	cmocka_unit_test(words_that_no_caller_writes_close_the_channel),
	cmocka_unit_test(no_scribbling_leads_out_of_the_line),
	cmocka_unit_test(a_word_is_read_once),
};

int main(void)
{
	bell_init();
	return cmocka_run_group_tests_name("mailbox of a hostile peer", tests, NULL, NULL);
}
